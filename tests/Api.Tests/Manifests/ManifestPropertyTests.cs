using System.Text.Json.Nodes;
using System.Text.Json;
using FsCheck.Fluent;
using FsCheck;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Json;
using MhcOperator.Api.Manifests;
using MhcOperator.Testing.Jobs;

namespace Api.Tests.Manifests;

/// <summary>Random manifests. Each case is one seed, so that a failing one can be run again.</summary>
public sealed class ManifestPropertyTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Fact]
    public void Two_hundred_random_invalid_manifests_are_never_an_exception_and_always_name_a_field() => Check(seed =>
    {
        var random = new Random(seed);
        var manifest = RandomManifest.Valid(random);
        var broken = RandomManifest.Break(manifest, random);

        var read = JobManifestReader.FromJson(manifest);

        Assert.Contains(read.Errors, e => FieldPath.Overlap(e.Path, broken));
        Assert.NotNull(read.Job);
    });

    [Fact]
    public void Two_hundred_random_invalid_manifests_are_told_with_their_line_when_they_are_YAML() => Check(seed =>
    {
        var random = new Random(seed);
        var manifest = RandomManifest.Valid(random);
        var broken = RandomManifest.Break(manifest, random);

        // JSON is YAML.
        var read = Assert.Single(
            JobManifestReader.FromYaml(manifest.ToJsonString(new JsonSerializerOptions { WriteIndented = true }), "job.yaml"));

        Assert.Contains(read.Errors, e => FieldPath.Overlap(e.Path, broken) && e is { Line: > 0, File: "job.yaml" });
    });

    [Fact]
    public void Two_hundred_random_valid_manifests_are_valid_and_come_back_as_they_were() => Check(seed =>
    {
        var manifest = RandomManifest.Valid(new Random(seed));

        var read = JobManifestReader.FromJson(manifest);

        Assert.Empty(read.Errors);
        var written = JsonSerializer.SerializeToNode(read.Job!, ApiJsonContext.Default.MhcTrainingJob)!.AsObject();
        AssertHolds(manifest["spec"], written["spec"], "spec");
        var again = JobManifestReader.FromJson(written);
        Assert.Empty(again.Errors);
        Assert.Equal(written.ToJsonString(), JsonSerializer.Serialize(again.Job!, ApiJsonContext.Default.MhcTrainingJob));
    });

    [Fact]
    public void Two_hundred_texts_with_random_damage_are_never_an_exception() => Check(seed =>
    {
        var random = new Random(seed);
        var text = RandomManifest.Damage(RandomManifest.Yaml, random);

        var manifests = JobManifestReader.FromYaml(text, "job.yaml");

        Assert.NotEmpty(manifests);
        Assert.All(manifests.SelectMany(m => m.Errors), e => Assert.True(e.Path.Length > 0 && e.Line > 0, e.ToString()));
        Assert.All(manifests, m => Assert.True(m.Job is not null || m.Errors.Count > 0));
    });

    [Fact]
    public void Two_hundred_random_texts_are_never_an_exception() => Check(seed =>
    {
        var text = RandomManifest.Junk(new Random(seed));

        Assert.All(JobManifestReader.FromYaml(text, "job.yaml"), m => Assert.NotEmpty(m.Errors));
    });

    private static void Check(Action<int> property) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Seeds, property));

    // What was given is still there; more may be, by default.
    private static void AssertHolds(JsonNode? given, JsonNode? written, string path)
    {
        if (given is JsonObject json)
        {
            foreach (var (name, value) in json)
            {
                AssertHolds(value, written?[name], $"{path}.{name}");
            }
        }
        else if (given is JsonArray array && array.Any(i => i is JsonObject))
        {
            Assert.Equal(array.Count, written!.AsArray().Count);
            for (var i = 0; i < array.Count; i++)
            {
                AssertHolds(array[i], written[i], $"{path}[{i}]");
            }
        }
        else
        {
            Assert.True(JsonNode.DeepEquals(given, written), $"{path}: {given?.ToJsonString()} became {written?.ToJsonString()}");
        }
    }
}
