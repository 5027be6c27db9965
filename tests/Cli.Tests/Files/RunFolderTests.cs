using System.Diagnostics;
using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests.Files;

/// <summary>Run folders that came from somebody else, and disks that are full.</summary>
public sealed class RunFolderTests : IDisposable
{
    private const string Done = "if [ \"$1\" = sample ]; then exit 1; fi; echo 'warning: gates are large'; exit 0";

    private readonly MhcShell _shell = new();
    private readonly string _manifest;
    private readonly string _trainer;
    private readonly string _victim;

    public RunFolderTests()
    {
        _manifest = _shell.Write("small.yaml", Manifests.Small);
        _trainer = _shell.WriteScript("trainer", Done);
        _victim = Path.Combine(_shell.Folder, _shell.Write("victim", "as it was"));
    }

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("status.json.new")]
    [InlineData("status.json")]
    [InlineData("lock")]
    [InlineData("lock.owner")]
    [InlineData("logs/small-1-0.log")]
    [InlineData("config/small-1-0.json")]
    [InlineData("pods/small-1-0/trainer/termination-log")]
    public async Task A_link_in_a_run_folder_is_not_followed(string link)
    {
        var path = Path.Combine(_shell.Folder, "out", link);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, _victim);

        await RunAsync();

        Assert.Equal("as it was", await File.ReadAllTextAsync(_victim, Cancel));
    }

    [Theory]
    [InlineData("logs")]
    [InlineData("config")]
    [InlineData("pods")]
    [InlineData("checkpoints")]
    public async Task A_folder_that_is_a_link_is_named(string link)
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(_shell.Folder, "elsewhere")).FullName;
        Directory.CreateDirectory(Path.Combine(_shell.Folder, "out"));
        Directory.CreateSymbolicLink(Path.Combine(_shell.Folder, "out", link), elsewhere);

        var result = await RunAsync();

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains($"out/{link}: expected a folder, got a link", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere));
    }

    [Theory]
    [InlineData("{\"attempt\":2147483646}", "attempt: expected a whole number from 0 to")]
    [InlineData("{\"attempt\":-1}", "attempt: expected a whole number from 0 to")]
    [InlineData("{\"rollbacks\":[null]}", "status.rollbacks[0]")]
    [InlineData("{\"attempt\":1,\"attempt\":2}", "attempt")]
    [InlineData("[]", "expected an object")]
    [InlineData("", "JSON")]
    public async Task A_status_that_no_run_has_written_is_named_with_its_field(string status, string words)
    {
        Directory.CreateDirectory(Path.Combine(_shell.Folder, "out"));
        _shell.Write("out/status.json", status);

        var result = await RunAsync("--resume");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("out/status.json is not a job's status", result.Error, StringComparison.Ordinal);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_is_not_resumed_with_another_model()
    {
        Assert.Equal(CliExitCode.Ok, (await RunAsync()).ExitCode);
        _shell.Write(
            _manifest, Manifests.Small.Replace("layers: 1", "layers: 2", StringComparison.Ordinal).Replace("steps: 40", "steps: 50",
                StringComparison.Ordinal));

        var result = await RunAsync("--resume");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("spec.model.layers: may not change", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("steps", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_without_a_whole_checkpoint_is_not_resumed_and_one_without_any_says_so()
    {
        Assert.Equal(CliExitCode.Ok, (await RunAsync()).ExitCode);
        Assert.Contains("There is no checkpoint in out/checkpoints yet", (await RunAsync("--resume")).Output, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(_shell.Folder, "out/checkpoints/step-00000010"));
        _shell.Write("out/checkpoints/step-00000010/manifest.json", "{");

        var result = await RunAsync("--resume");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("out/checkpoints: none of 1 checkpoints is whole (that of step 10", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_checkpoint_is_what_was_written_to_its_last_byte_training_does_not_begin_anew()
    {
        Assert.Equal(CliExitCode.Ok, (await RunAsync()).ExitCode);
        foreach (var step in (string[])["10", "20"])
        {
            Directory.CreateDirectory(Path.Combine(_shell.Folder, $"out/checkpoints/step-000000{step}"));
            _shell.Write($"out/checkpoints/step-000000{step}/rank-00000.safetensors", "changed");
            _shell.Write($"out/checkpoints/step-000000{step}/manifest.json",
                """{"job":"default/small","shards":[{"file":"rank-00000.safetensors","bytes":7,"sha256":"00"}]}""");
        }

        var result = await RunAsync("--resume");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("none of 2 checkpoints is whole (that of step 10: rank-00000.safetensors has another SHA-256", result.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whose_checkpoints_a_job_of_another_name_goes_on_from_is_said()
    {
        Assert.Equal(CliExitCode.Ok, (await RunAsync()).ExitCode);
        Directory.CreateDirectory(Path.Combine(_shell.Folder, "out/checkpoints/step-00000010"));
        _shell.Write("out/checkpoints/step-00000010/manifest.json", """{"job":"default/small","shards":[]}""");
        Assert.DoesNotContain("is of the job", (await RunAsync("--resume")).Output, StringComparison.Ordinal);
        _shell.Write(_manifest, Manifests.Small.Replace("name: small", "name: other", StringComparison.Ordinal));

        var result = await RunAsync("--resume");

        Assert.Contains("warning: the checkpoint of step 10 in out/checkpoints is of the job default/small; other goes on from it",
            result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_pods_warn_of_is_told_once()
    {
        var result = await RunAsync();

        Assert.Single(result.Output.Split('\n'), l => l.Contains("gates are large", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_another_run_has_is_named_with_that_run()
    {
        Directory.CreateDirectory(Path.Combine(_shell.Folder, "out"));
        using var other = new FileStream(Path.Combine(_shell.Folder, "out/lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite,
            FileShare.None);
        _shell.Write("out/lock.owner", "process 7, job other");

        var result = await RunAsync();

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("belongs to another run that has not ended (process 7, job other)", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status.json")]
    [InlineData("lock.owner")]
    public async Task What_is_written_for_people_only_may_fail(string name)
    {
        // Nothing can be moved over a folder, root or not.
        Directory.CreateDirectory(Path.Combine(_shell.Folder, "out", name, "x"));
        var folder = name == "status.json" ? Fails : CliExitCode.Ok;

        var result = await RunAsync();

        Assert.Equal(folder, result.ExitCode);
    }

    [Theory]
    [InlineData(">/dev/full")]
    [InlineData(">/dev/full 2>&1")]
    [InlineData("| true")]
    public async Task Output_that_cannot_be_written_ends_no_run(string redirection)
    {
        var mhc = Path.Combine(AppContext.BaseDirectory, "mhc");
        var line = $"cd {_shell.Folder}; (\"{mhc}\" run {_manifest} --trainer {_trainer} --run-dir out; echo $? > code) {redirection}";
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", line]) { UseShellExecute = false })!;
        await process.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel);

        Assert.Equal("0\n", await File.ReadAllTextAsync(Path.Combine(_shell.Folder, "code"), Cancel));
        Assert.Contains("\"Succeeded\"", await File.ReadAllTextAsync(Path.Combine(_shell.Folder, "out/status.json"), Cancel),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_fills_up_is_told_once_and_ends_no_run()
    {
        Directory.CreateDirectory(Path.Combine(_shell.Folder, "out"));
        _shell.WriteScript("trainer", """
            [ "$1" != sample ] || exit 1
            head -c 4m /dev/zero > "$MHC_CHECKPOINT_DIR/filler-$RANK"
            exit 0
            """);
        // The disk is gone with the shell's namespace.
        const string script = """
            mount -t tmpfs -o size=1m tmpfs out || exit 42
            exec "$0" run "$1" --trainer "$2" --run-dir out --prompt ""
            """;
        string[] arguments = ["--mount", "sh", "-c", script, Path.Combine(AppContext.BaseDirectory, "mhc"), _manifest, _trainer];
        using var process = Process.Start(new ProcessStartInfo("unshare", arguments)
        {
            WorkingDirectory = _shell.Folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.SkipWhen(process.ExitCode == 42 || output.Length == 0, $"a small disk cannot be mounted here: {await error}");

        Assert.Equal(CliExitCode.Ok, process.ExitCode);
        var told = Assert.Single(output.Split('\n'), l => l.Contains("StatusNotWritten", StringComparison.Ordinal));
        Assert.Contains("out/status.json cannot be written: No space left on device", told, StringComparison.Ordinal);
        Assert.Contains("Succeeded: all 2 workers are done", output, StringComparison.Ordinal);
    }

    private const int Fails = CliExitCode.BadInput;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task<MhcResult> RunAsync(params string[] more) =>
        _shell.RunAsync(["run", _manifest, "--trainer", _trainer, "--run-dir", "out", "--prompt", "", .. more]);
}
