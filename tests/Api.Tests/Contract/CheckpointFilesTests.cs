using System.Text;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace Api.Tests.Contract;

/// <summary>The texts are what trainers have written: they are read for as long as their version is.</summary>
public sealed class CheckpointFilesTests
{
    private const string Manifest = """
        {
          "version": 1,
          "job": "default/small",
          "attempt": 2,
          "savedAt": "2026-01-31T12:00:00+00:00",
          "step": 1200,
          "dataStep": 1210,
          "tokens": 1228800,
          "loss": 1.25,
          "validationLoss": 1.5,
          "worldSize": 2,
          "model": {
            "layers": 1,
            "width": 8,
            "heads": 2,
            "contextLength": 128,
            "residual": "Mhc",
            "mhc": {
              "streams": 4,
              "sinkhornIterations": 20,
              "initialGate": 0.01,
              "parameters": "Full",
              "head": "Sum"
            }
          },
          "vocabulary": 256,
          "tokenizer": "Bytes",
          "format": "Text",
          "validationFraction": 0.01,
          "validationSamples": 8,
          "seed": 7,
          "batchSamples": 8,
          "samples": 5802,
          "dataSha256": "ab",
          "stability": {
            "loss": [
              1.5,
              1.25
            ]
          },
          "weightsSha256": "cd",
          "shards": [
            {
              "file": "rank-00000.safetensors",
              "bytes": 3,
              "sha256": "ef"
            },
            {
              "file": "rank-00001.safetensors",
              "bytes": 4,
              "sha256": "01"
            }
          ]
        }
        """;

    private const string Health = """
        {
          "state": "verified",
          "reason": "training was healthy after it",
          "since": "2026-01-31T12:00:10+00:00"
        }
        """;

    [Fact]
    public void A_manifest_is_written_as_it_was_and_read_back()
    {
        var manifest = new CheckpointManifest
        {
            Job = "default/small",
            Attempt = 2,
            SavedAt = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
            Step = 1200,
            DataStep = 1210,
            Tokens = 1_228_800,
            Loss = 1.25,
            ValidationLoss = 1.5,
            WorldSize = 2,
            Model = new ModelSpec { Layers = 1, Width = 8, Heads = 2, ContextLength = 128 },
            Vocabulary = 256,
            Tokenizer = Tokenizer.Bytes,
            Format = DataFormat.Text,
            ValidationFraction = 0.01,
            ValidationSamples = 8,
            Seed = 7,
            BatchSamples = 8,
            Samples = 5802,
            DataSha256 = "ab",
            Stability = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["loss"] = [1.5, 1.25] },
            WeightsSha256 = "cd",
            Shards = [new ShardRecord("rank-00000.safetensors", 3, "ef"), new ShardRecord("rank-00001.safetensors", 4, "01")],
        };

        Assert.Equal(Manifest, Encoding.UTF8.GetString(manifest.Render()));
        Assert.Equal(Manifest, Encoding.UTF8.GetString(CheckpointManifest.Parse(Bytes(Manifest))!.Render()));
        Assert.Equal(1, CheckpointManifest.VersionOf(Bytes(Manifest)));
    }

    [Fact]
    public void A_health_is_written_as_it_was_and_read_back()
    {
        var health = new HealthRecord
        {
            State = CheckpointHealth.Verified,
            Reason = "training was healthy after it",
            Since = new DateTimeOffset(2026, 1, 31, 12, 0, 10, TimeSpan.Zero),
        };

        Assert.Equal(Health, Encoding.UTF8.GetString(health.Render()));
        Assert.Equal(health, HealthRecord.Parse(Bytes(Health)));
    }

    [Fact]
    public void Whoever_lists_checkpoints_reads_the_same()
    {
        var manifest = ForeignManifest.Parse(Bytes(Manifest));
        var health = ForeignHealth.Parse(Bytes(Health));

        Assert.Equal(("default/small", 2, 2, 1_228_800L), (manifest.Job, manifest.Attempt, manifest.WorldSize, manifest.Tokens));
        Assert.Equal((1.25, 1.5), (manifest.Loss, manifest.ValidationLoss));
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), manifest.SavedAt);
        Assert.Equal([("rank-00000.safetensors", 3, "ef"), ("rank-00001.safetensors", 4, "01")],
            manifest.Shards.Select(shard => (shard.File, shard.Bytes, shard.Sha256)));
        Assert.Equal((CheckpointHealthJsonConverter.WordOf(CheckpointHealth.Verified), "training was healthy after it"),
            (health.State, health.Reason));
    }

    [Fact]
    public void A_field_of_another_trainer_may_be_absent_or_unknown_and_fails_only_where_it_is_asked_for()
    {
        var manifest = ForeignManifest.Parse("""{"model": 7, "loss": null, "attempt": "two", "shards": [{"file": "x", "sha256": 7}]}"""u8);
        var shard = Assert.Single(manifest.Shards);

        Assert.Equal((null, null, null), (manifest.Job, manifest.Loss, manifest.SavedAt));
        Assert.Equal(("x", null), (shard.File, shard.Bytes));
        Assert.Throws<InvalidOperationException>(() => manifest.Attempt);
        Assert.Throws<InvalidOperationException>(() => shard.Sha256);
        Assert.Null(ForeignHealth.Parse("{}"u8).State);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{")]
    [InlineData("")]
    public void What_is_no_object_is_no_manifest_and_no_health(string json)
    {
        Assert.ThrowsAny<JsonException>(() => ForeignManifest.Parse(Bytes(json)));
        Assert.ThrowsAny<JsonException>(() => ForeignHealth.Parse(Bytes(json)));
    }

    [Theory]
    [InlineData("step-00001200", 1200)]
    [InlineData("step-7", 7)]
    [InlineData("step-", null)]
    [InlineData("step--1", null)]
    [InlineData("step-1 ", null)]
    [InlineData("step-99999999999", null)]
    [InlineData(".tmp-step-00001200-attempt-1", null)]
    public void A_checkpoints_folder_says_its_step(string name, int? step) => Assert.Equal(step, CheckpointLayout.StepOf(name));

    [Fact]
    public void A_steps_folder_has_eight_digits() => Assert.Equal("step-00001200", CheckpointLayout.NameOf(1200));

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
