using System.Diagnostics;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Files;
using MhcOperator.Trainer.Generation;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Checkpoints;

public sealed class HostileFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("""{"shards":null}""")]
    [InlineData("""{"shards":[null]}""")]
    [InlineData("""{"shards":[{"file":null,"bytes":1,"sha256":""}]}""")]
    [InlineData("""{"shards":[{"file":"/etc/passwd","bytes":1,"sha256":""}]}""")]
    [InlineData("""{"shards":[{"file":"../step-00000010/rank-00000.safetensors","bytes":1,"sha256":""}]}""")]
    [InlineData("""{"shards":[{"file":"..","bytes":1,"sha256":""}]}""")]
    [InlineData("""{"shards":[{"file":"","bytes":0,"sha256":""}]}""")]
    [InlineData("""{"shards":[{"file":"rank\u001b[31m","bytes":0,"sha256":""}]}""")]
    [InlineData("""{"shards":[{"file":"rank-00000.safetensors","bytes":-1,"sha256":""}]}""")]
    [InlineData("""{"model":null}""")]
    [InlineData("""{"model":{"mhc":null}}""")]
    [InlineData("""{"model":{"width":0}}""")]
    [InlineData("""{"model":{"layers":2147483647}}""")]
    [InlineData("""{"model":{"heads":-12}}""")]
    [InlineData("""{"stability":null}""")]
    [InlineData("""{"stability":{"loss":null}}""")]
    [InlineData("""{"weightsSha256":null}""")]
    [InlineData("""{"dataStep":-5}""")]
    [InlineData("""{"tokens":-5}""")]
    [InlineData("""{"seed":-5}""")]
    [InlineData("""{"worldSize":0}""")]
    [InlineData("""{"vocabulary":0}""")]
    [InlineData("""{"step":-20}""")]
    [InlineData("""{"step":1e300}""")]
    [InlineData("""{"version":0}""")]
    public void A_manifest_that_says_what_cannot_be_costs_its_checkpoint_and_the_one_before_is_used(string change) =>
        Costs(folder => Change(folder, JsonNode.Parse(change)!.AsObject()));

    [Fact]
    public void A_checkpoint_of_a_newer_program_is_refused_and_neither_put_aside_nor_written_over()
    {
        Save(10);
        Change(Folder().Of(10), JsonNode.Parse("""{"version":2,"model":{"mhc":"another form"}}""")!.AsObject());

        var refused = Assert.Throws<TrainerException>(() => Loader(out _).Find(new ResumePoint(null)));

        Assert.Equal((ExitCode.ConfigurationWrong, "CheckpointMismatch"), (refused.ExitCode, refused.Reason));
        Assert.Contains("step-00000010/manifest.json has version 2, that of a newer program; this one reads version 1", refused.Message,
            StringComparison.Ordinal);
        Assert.Equal(CheckpointHealth.Candidate, Folder().ReadHealth(10));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("device")]
    [InlineData("pipe")]
    [InlineData("folder")]
    [InlineData("manifest pipe")]
    [InlineData("manifest link")]
    [InlineData("manifest empty")]
    [InlineData("manifest huge")]
    public void What_is_no_regular_file_costs_its_checkpoint_and_is_not_waited_for(string what) => Costs(folder =>
    {
        var shard = Path.Combine(folder, "rank-00000.safetensors");
        var manifest = Path.Combine(folder, "manifest.json");
        switch (what)
        {
            case "link":
                File.Move(shard, shard + ".real");
                File.CreateSymbolicLink(shard, shard + ".real");
                break;
            case "device":
                File.Delete(shard);
                File.CreateSymbolicLink(shard, "/dev/zero");
                break;
            case "pipe":
                Pipe(shard);
                break;
            case "folder":
                File.Delete(shard);
                Directory.CreateDirectory(shard);
                break;
            case "manifest pipe":
                Pipe(manifest);
                break;
            case "manifest link":
                File.Move(manifest, manifest + ".real");
                File.CreateSymbolicLink(manifest, manifest + ".real");
                break;
            case "manifest empty":
                File.WriteAllBytes(manifest, []);
                break;
            default:
                using (var file = File.OpenWrite(manifest))
                {
                    file.SetLength(1L << 40);
                }

                break;
        }
    });

    [Fact]
    public void A_checkpoint_that_is_a_link_is_none_and_nothing_is_written_through_it()
    {
        Save(10);
        Save(20);
        var elsewhere = Path.Combine(_temporary.Path, "elsewhere");
        Directory.Move(Folder().Of(20), elsewhere);
        Directory.CreateSymbolicLink(Folder().Of(20), elsewhere);
        var health = File.ReadAllText(Path.Combine(elsewhere, "health.json"));

        Assert.Equal(10, Loader(out _).Find(new ResumePoint(15))?.Step);
        Assert.Equal(health, File.ReadAllText(Path.Combine(elsewhere, "health.json")));
    }

    [Fact]
    public void Nothing_is_written_through_links_that_lie_ready()
    {
        Save(10);
        var victim = Path.Combine(_temporary.Path, "victim");
        File.WriteAllText(victim, "mine");
        File.Delete(Path.Combine(_temporary.Path, ".attempt.json"));
        File.CreateSymbolicLink(Path.Combine(_temporary.Path, ".attempt.json"), victim);
        File.CreateSymbolicLink(Path.Combine(Folder().Of(10), "health.json.new"), victim);
        var file = Path.Combine(_temporary.Path, "file");
        File.CreateSymbolicLink(file, victim);

        var fence = Assert.Throws<TrainerException>(() => new CheckpointFence(Folder(), 5, TimeProvider.System).Take());
        Folder().WriteHealth(10, CheckpointHealth.Verified, "test");
        using (var written = Disk.Instance.Create(file))
        {
            written.Write("other"u8);
            Disk.Instance.Flush(written);
        }

        Assert.Equal(ExitCode.ConfigurationWrong, fence.ExitCode);
        Assert.Equal("mine", File.ReadAllText(victim));
        Assert.Equal("other", File.ReadAllText(file));
    }

    [Theory]
    [InlineData("""{"model.w":{"dtype":"F32","shape":[-1,-3],"data_offsets":[0,12]}}""")]
    [InlineData("""{"model.w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""")]
    [InlineData("""{"model.w":{"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,0]}}""")]
    [InlineData("""{"model.w":{"dtype":"F32","shape":[3],"data_offsets":[9223372036854775795,9223372036854775807]}}""")]
    [InlineData("""{"model.w":{"dtype":"F32","shape":[3],"data_offsets":[-12,0]}}""")]
    [InlineData("""{"model.w":{"dtype":"F32","shape":[3],"data_offsets":[0]}}""")]
    [InlineData("""{"model.w":{"dtype":"F32","shape":[3],"data_offsets":null}}""")]
    [InlineData("""{"model.w":{"dtype":"F32","shape":null,"data_offsets":[0,12]}}""")]
    [InlineData("""{"model.w":{"dtype":"F32","shape":[1e300],"data_offsets":[0,12]}}""")]
    [InlineData("""{"model.w":{"dtype":null,"shape":[3],"data_offsets":[0,12]}}""")]
    [InlineData("""{"model.w":{"dtype":7,"shape":[3],"data_offsets":[0,12]}}""")]
    [InlineData("""{"model.w":null}""")]
    [InlineData("""{"model.w":[1]}""")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{")]
    public void A_header_of_tensors_that_cannot_be_is_an_error_of_the_file(string header)
    {
        var path = Path.Combine(_temporary.Path, "x.safetensors");
        var text = System.Text.Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((ulong)text.Length), .. text, .. new byte[12]]);

        Assert.Throws<InvalidDataException>(() => SafeTensorsReader.Read(path, _ => true));
    }

    [Fact]
    public void Random_damage_of_a_header_is_never_anything_else_than_an_error_of_the_file()
    {
        Save(10);
        var path = Path.Combine(Folder().Of(10), "rank-00000.safetensors");
        var whole = File.ReadAllBytes(path);
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var bytes = whole.ToArray();
            for (var i = 0; i < 1 + (round % 4); i++)
            {
                bytes[random.Next(Math.Min(bytes.Length, 300))] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, bytes);
            var error = Record.Exception(() =>
            {
                foreach (var tensor in SafeTensorsReader.Read(path, _ => true))
                {
                    tensor.Value.Dispose();
                }
            });
            Assert.True(error is null or InvalidDataException, error?.ToString());
        }
    }

    [Fact]
    public void A_model_is_not_made_of_a_checkpoint_whose_tensors_are_not_its_own()
    {
        Save(10);

        var error = Assert.Throws<TrainerException>(() => TrainedModel.Load(Folder().Path, KernelKind.Reference));

        Assert.Equal("CheckpointUnreadable", error.Reason);
        Assert.Contains("checkpoint 10", error.Message, StringComparison.Ordinal);
    }

    private void Costs(Action<string> damage)
    {
        Save(10);
        Save(20);
        damage(Folder().Of(20));

        var found = Loader(out var ledger).Find(new ResumePoint(null));

        Assert.Equal(10, found?.Step);
        Assert.Equal(CheckpointHealth.Quarantined, ledger.Entries[^1].State);
        Assert.Equal(CheckpointHealth.Quarantined, Folder().ReadHealth(20));
        var warning = Assert.Single(_warnings);
        Assert.Contains("checkpoint 20 is torn or corrupted and is not used", warning, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', warning);
    }

    private static void Change(string folder, JsonObject changes)
    {
        var path = Path.Combine(folder, "manifest.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        foreach (var (name, value) in changes)
        {
            if (value is JsonObject inner && manifest[name] is JsonObject target)
            {
                foreach (var (field, changed) in inner)
                {
                    target[field] = changed?.DeepClone();
                }
            }
            else
            {
                manifest[name] = value?.DeepClone();
            }
        }

        File.WriteAllText(path, manifest.ToJsonString());
    }

    private static void Pipe(string path)
    {
        File.Delete(path);
        using var made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }

    private CheckpointFolder Folder() => CheckpointFolder.OpenForWriting(_temporary.Path, TimeProvider.System);

    private CheckpointLoader Loader(out CheckpointLedger ledger)
    {
        var folder = Folder();
        ledger = new CheckpointLedger(folder, new CheckpointsSpec(), _warnings.Add);
        return new CheckpointLoader(folder, new SoloGang(), ledger, _warnings.Add);
    }

    private void Save(int step)
    {
        List<NamedTensor> tensors = [new("model.w", ones([3, 4]))];
        using var writer = new CheckpointWriter(Folder(), Fences.Open(Folder(), 1), new SoloGang(), 1, TimeProvider.System);
        writer.Begin(
            new CheckpointManifest
            {
                Step = step,
                DataStep = step,
                WorldSize = 1,
                Vocabulary = 256,
                Model = new ModelSpec { Layers = 1, Width = 8, Heads = 2 }
            }, tensors, [], tensors);
        Assert.Null(writer.Drain()?.Failure);
    }
}
