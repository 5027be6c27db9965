using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests.Run;

public sealed class RunCommandTests : IDisposable
{
    private readonly MhcShell _shell = new();
    private readonly string _manifest;

    public RunCommandTests() => _manifest = _shell.Write("small.yaml", Manifests.Small);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task An_unstable_attempt_is_rolled_back_and_the_job_succeeds()
    {
        var trainer = _shell.WriteScript("trainer", FakeTrainer.UnstableOnce);

        var result = await _shell.RunAsync("run", _manifest, "--trainer", trainer, "--run-dir", "out");

        Assert.Equal("", result.Error);
        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        Assert.Contains("LossSpike: began at step 21, found at step 24", result.Output, StringComparison.Ordinal);
        Assert.Contains("the checkpoint of step 10 is restored, data steps 18-27 are skipped", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"│ 1 +│.*│ unstable: LossSpike", result.Output);
        Assert.Matches(@"│ 2 +│.*│ succeeded", result.Output);
        Assert.Equal("attempt 2 rank 0 from 10 without 18-27", (await ReadAsync("out/logs/small-2-0.log")).Trim());
    }

    [Fact]
    public async Task No_control_code_is_written_into_a_pipe()
    {
        var trainer = _shell.WriteScript("trainer", FakeTrainer.UnstableOnce);

        var result = await _shell.RunAsync("run", _manifest, "--trainer", trainer);

        Assert.Contains("A sample:\nGets the ·[31mvalue", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(result.Output + result.Error, c => char.IsControl(c) && c != '\n');
    }

    [Fact]
    public async Task A_job_whose_name_is_generated_runs_under_a_name_of_its_own()
    {
        var trainer = _shell.WriteScript("trainer", "echo job $MHC_JOB");
        var file = _shell.Write("try.yaml", Manifests.Small.Replace("name: small", "generateName: try-", StringComparison.Ordinal));

        var result = await _shell.RunAsync("run", file, "--trainer", trainer, "--run-dir", "out");

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        Assert.Matches("^try-[a-z0-9]{5}: ", result.Output);
        var log = Assert.Single(Directory.GetFiles(Path.Combine(_shell.Folder, "out", "logs"), "try-*-1-0.log"));
        Assert.Matches("^job try-[a-z0-9]{5}$", (await ReadAsync(log)).Trim());
        Assert.Contains("--run-dir", (await _shell.RunAsync("run", file, "--trainer", trainer, "--resume")).Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{spec: {containers: [{name: side, image: y}]}}", "spec.containers[0].image")]
    [InlineData("{spec: {containers: [{name: ../../../../x, image: i}]}}", "spec.containers[0].name")]
    [InlineData("{spec: {containers: [{name: trainer, env: [{name: A, value: 1}]}]}}", "spec.containers[0].env[0].value")]
    [InlineData("{spec: {containers: [{name: trainer, ports: x}]}}", "spec.containers[0].ports")]
    [InlineData("{spec: {terminationGracePeriodSeconds: {}}}", "spec.terminationGracePeriodSeconds")]
    [InlineData("{spec: {containers: null}}", "spec.containers")]
    [InlineData("{spec: null}", "spec")]
    public async Task A_template_of_wrong_types_is_named_before_anything_starts(string template, string path)
    {
        var trainer = _shell.WriteScript("trainer", "exit 0");
        var file = _shell.Write("bad.yaml",
            Manifests.Small.Replace("device: Cpu", $"device: Cpu\n    template: {template}", StringComparison.Ordinal));

        var result = await _shell.RunAsync("run", file, "--trainer", trainer, "--run-dir", "out");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains($"spec.workers.template.{path}: expected", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_shell.Folder, "out")));
    }

    [Fact]
    public async Task A_job_that_cannot_read_its_data_fails_with_the_message_and_the_end_of_the_log()
    {
        var trainer = _shell.WriteScript("trainer", FakeTrainer.DataUnreadable);

        var result = await _shell.RunAsync("run", _manifest, "--trainer", trainer);

        Assert.Equal(CliExitCode.Failed, result.ExitCode);
        Assert.Contains("DataUnreadable", result.Error, StringComparison.Ordinal);
        Assert.Contains("/data/missing.txt: there is no such file", result.Error, StringComparison.Ordinal);
        Assert.Contains("  cannot open /data/missing.txt", result.Error, StringComparison.Ordinal);
        Assert.Matches(@"│ 1 +│.*│ failed", result.Output);
    }

    [Fact]
    public async Task A_container_beside_the_trainers_that_fails_is_named_with_the_end_of_its_own_log()
    {
        var trainer = _shell.WriteScript("trainer", FakeTrainer.Patient);

        var result = await _shell.RunAsync("run", Beside("echo connecting; echo no route to host; exit 78"), "--trainer", trainer);

        Assert.Equal(CliExitCode.Failed, result.ExitCode);
        Assert.Contains("container log-shipper ended with 78 (Error)", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("ConfigurationInvalid", result.Error, StringComparison.Ordinal);
        Assert.Contains("  no route to host", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_beside_the_trainers_that_never_ends_keeps_no_run_from_ending()
    {
        var trainer = _shell.WriteScript("trainer", "exit 0");

        var result = await _shell.RunAsync("run", Beside("while :; do sleep 0.05; done"), "--trainer", trainer);

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
    }

    private string Beside(string script) => _shell.Write("beside.yaml", Manifests.Small
        .Replace("maxRestarts: 1", "maxRestarts: 0", StringComparison.Ordinal)
        .Replace("    device: Cpu",
            $"    device: Cpu\n    template: {{spec: {{containers: [{{name: log-shipper, image: i, command: [sh, -c, '{script}']}}]}}}}",
            StringComparison.Ordinal));

    [Fact]
    public async Task A_killed_worker_restarts_the_gang()
    {
        var trainer = _shell.WriteScript("trainer", FakeTrainer.CrashesOnce);

        var result = await _shell.RunAsync("run", _manifest, "--trainer", trainer);

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        Assert.Matches(@"│ 1 +│.*│ lost a worker", result.Output);
        Assert.Matches(@"│ 2 +│.*│ succeeded", result.Output);
        Assert.Contains("No sample", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_with_errors_is_exit_code_2_with_every_finding()
    {
        var bad = _shell.Write("bad.yaml",
            Manifests.Small.Replace("heads: 2", "heads: 3", StringComparison.Ordinal).Replace("steps: 40", "steps: 0",
                StringComparison.Ordinal));

        var result = await _shell.RunAsync("run", bad);

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("spec.model.heads", result.Error, StringComparison.Ordinal);
        Assert.Contains("spec.optimization.steps", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trainer_that_is_not_there_is_exit_code_2()
    {
        var result = await _shell.RunAsync("run", _manifest, "--trainer", "nowhere");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Equal("mhc: --trainer: there is no file nowhere; expected the path of the trainer's program\n", result.Error);
    }

    [Fact]
    public async Task Nothing_to_resume_is_exit_code_2()
    {
        var trainer = _shell.WriteScript("trainer", FakeTrainer.UnstableOnce);

        var result = await _shell.RunAsync("run", _manifest, "--trainer", trainer, "--resume");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("there is no run of small to resume", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_holds_a_run_is_not_overwritten()
    {
        var trainer = _shell.WriteScript("trainer", FakeTrainer.UnstableOnce);
        await _shell.RunAsync("run", _manifest, "--trainer", trainer, "--run-dir", "out");

        var result = await _shell.RunAsync("run", _manifest, "--trainer", trainer, "--run-dir", "out");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("out holds a run already; add --resume", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_files_of_jobs_in_one_are_too_many()
    {
        var two = _shell.Write("two.yaml",
            Manifests.Small + "\n---\n" + Manifests.Small.Replace("name: small", "name: other", StringComparison.Ordinal));

        var result = await _shell.RunAsync("run", two);

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("two.yaml holds 2 jobs; expected one", result.Error, StringComparison.Ordinal);
    }

    private Task<string> ReadAsync(string name) =>
        File.ReadAllTextAsync(Path.Combine(_shell.Folder, name), TestContext.Current.CancellationToken);
}
