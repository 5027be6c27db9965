using System.Security.Cryptography;
using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests.Commands;

public sealed class CheckpointsCommandTests : IDisposable
{
    private readonly MhcShell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Every_checkpoint_has_a_row_with_its_health_and_size()
    {
        Save("run/checkpoints", 10, "verified");
        Save("run/checkpoints", 20, "candidate");

        var result = await _shell.RunAsync("checkpoints", "run");

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        Assert.Matches(@"│ +10 │ verified +│ 1 +│ 2 +│ +1,280 │ +2.5000 │ +2.7500 │", result.Output);
        Assert.Matches(@"│ +20 │ candidate +│", result.Output);
    }

    [Fact]
    public async Task The_name_of_a_job_stands_for_its_newest_run()
    {
        Save(".mhc/runs/small/20260101-000000/checkpoints", 10, "verified");
        Save(".mhc/runs/small/20260102-000000/checkpoints", 30, "verified");
        foreach (var run in Directory.GetDirectories(Path.Combine(_shell.Folder, ".mhc/runs/small")))
        {
            await File.WriteAllTextAsync(Path.Combine(run, "status.json"), "{}", TestContext.Current.CancellationToken);
        }

        var result = await _shell.RunAsync("checkpoints", "small");

        Assert.Matches(@"│ +30 │", result.Output);
        Assert.DoesNotMatch(@"│ +10 │", result.Output);
    }

    [Fact]
    public async Task A_changed_byte_is_found_by_its_hash()
    {
        var file = Save("ckpt", 10, "verified");
        await File.WriteAllBytesAsync(file, [9, 2, 3], TestContext.Current.CancellationToken);

        var sizes = await _shell.RunAsync("checkpoints", "ckpt");
        var hashes = await _shell.RunAsync("checkpoints", "ckpt", "--hash");

        Assert.Equal(CliExitCode.Ok, sizes.ExitCode);
        Assert.Equal(CliExitCode.Failed, hashes.ExitCode);
        Assert.Contains("rank-00000.safetensors has another SHA-256", hashes.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rank-00000.safetensors", "is missing")]
    [InlineData("manifest.json", "manifest.json")]
    public async Task A_missing_file_makes_it_broken(string name, string why)
    {
        var file = Save("ckpt", 10, "verified");
        File.Delete(Path.Combine(Path.GetDirectoryName(file)!, name));

        var result = await _shell.RunAsync("checkpoints", "ckpt");

        Assert.Matches(@"│ +10 │ broken +│", result.Output);
        Assert.Contains(why, result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"shards": null}""", "candidate")]
    [InlineData("""{"shards": [null]}""", "broken")]
    [InlineData("""{"shards": [{"file": null}]}""", "broken")]
    [InlineData("""{"shards": [{"file": "/etc/passwd", "sha256": "0"}]}""", "broken")]
    [InlineData("""{"shards": [{"file": "../../x", "sha256": "0"}]}""", "broken")]
    [InlineData("""{"shards": [{"file": "zero", "sha256": "0"}]}""", "broken")]
    [InlineData("""{"shards": [{"file": "pipe", "sha256": "0"}]}""", "broken")]
    [InlineData("""{"shards": [{"file": 7}]}""", "broken")]
    [InlineData("""{"shards": 7}""", "broken")]
    [InlineData("""{"attempt": 1e300}""", "broken")]
    [InlineData("""{"savedAt": "tomorrow"}""", "broken")]
    [InlineData("null", "broken")]
    public async Task A_hostile_folder_is_broken_tells_nothing_of_other_files_and_hangs_nobody(string manifest, string health)
    {
        var folder = Path.GetDirectoryName(Save("ckpt", 10, "verified"))!;
        Save("ckpt", 20, "verified");
        await File.WriteAllTextAsync(Path.Combine(folder, "manifest.json"), manifest, TestContext.Current.CancellationToken);
        File.Delete(Path.Combine(folder, "health.json"));
        File.CreateSymbolicLink(Path.Combine(folder, "zero"), "/dev/zero");
        File.CreateSymbolicLink(Path.Combine(folder, "nothing"), "/nowhere");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(folder, "pipe")]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Directory.CreateSymbolicLink(Path.Combine(_shell.Folder, "ckpt", "step-00000030"), folder);

        var result = await _shell.RunAsync("checkpoints", "ckpt", "--hash");

        Assert.Matches($@"│ +10 │ {health} +│", result.Output);
        Assert.Matches(@"│ +20 │ verified +│", result.Output);
        Assert.DoesNotMatch(@"│ +30 │", result.Output);
        Assert.DoesNotMatch("[0-9a-f]{64}", result.Output);
    }

    [Fact]
    public async Task A_place_that_is_not_there_is_exit_code_2()
    {
        var result = await _shell.RunAsync("checkpoints", "nowhere");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.StartsWith("mhc: nowhere: expected a checkpoint folder", result.Error, StringComparison.Ordinal);
    }

    private string Save(string folder, int step, string health)
    {
        var path = Path.Combine(_shell.Folder, folder, $"step-{step:D8}");
        Directory.CreateDirectory(path);
        byte[] shard = [1, 2, 3];
        var file = Path.Combine(path, "rank-00000.safetensors");
        File.WriteAllBytes(file, shard);
        var hash = Convert.ToHexStringLower(SHA256.HashData(shard));
        File.WriteAllText(Path.Combine(path, "manifest.json"), $$"""
            {"step": {{step}}, "attempt": 1, "worldSize": 2, "tokens": {{step * 128}}, "loss": 2.5, "validationLoss": 2.75, "savedAt": "2026-01-01T00:00:00+00:00",
             "shards": [{"file": "rank-00000.safetensors", "bytes": 3, "sha256": "{{hash}}"}]}
            """);
        File.WriteAllText(Path.Combine(path, "health.json"), $$"""{"state": "{{health}}", "reason": "because"}""");
        return file;
    }
}
