using System.Runtime.Versioning;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class BadSurroundingsTests
{
    [Fact]
    public void Data_that_is_not_there_is_permanent()
    {
        using var job = new TestJob();
        job.Configuration.Data.Source.Path = "/nowhere/at/all";

        Assert.Equal(ExitCode.DataUnreadable, job.Train().ExitCode);
        Assert.Contains("/nowhere/at/all", job.Termination, StringComparison.Ordinal);
        Assert.Contains("\"DataUnreadable\"", job.Termination, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("> /dev/full 2>&1")]
    [InlineData(">&- 2>&-")]
    [InlineData("2>&1 | true")]
    public void Training_does_not_end_of_what_is_written_for_people(string output)
    {
        using var job = new TestJob();
        job.Configuration.Optimization = job.Configuration.Optimization with { Steps = 6, WarmupSteps = 1 };
        job.Configuration.Checkpoints.IntervalSteps = 2;
        using var trainer = Shell(job.Environment(0, 1, 0),
            $"set -o pipefail; \"$TRAINER\" train --step-log /dev/full --data-log /nowhere/log {output}");

        Assert.Equal(ExitCode.Done, trainer.Wait());
        Assert.Contains("\"step\":6,", job.Termination, StringComparison.Ordinal);
        Assert.Equal(6, File.ReadAllLines(Path.Combine(job.Checkpoints, MetricsLine.FileName)).Length);
        Assert.All(Directory.EnumerateFiles(job.Checkpoints, "manifest.json", SearchOption.AllDirectories),
            f => Assert.StartsWith("{", File.ReadAllText(f), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    public void Too_few_open_files_are_said_as_what_they_are(int limit)
    {
        using var job = new TestJob();
        using var trainer = Shell(job.Environment(0, 1, 0), $"ulimit -n {limit}; exec \"$TRAINER\" train");

        Assert.Equal(ExitCode.ConfigurationWrong, trainer.Wait());
        Assert.Contains("\"TooFewOpenFiles\"", job.Termination, StringComparison.Ordinal);
        Assert.Contains($"only {limit} files here (ulimit -n)", job.Termination, StringComparison.Ordinal);
        Assert.Contains($"only {limit} files here (ulimit -n)", trainer.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", trainer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_the_process_that_it_is_to_end_with_ends_it_at_once_with_last_words()
    {
        using var job = new TestJob();
        job.Configuration.Optimization = job.Configuration.Optimization with { Steps = 1_000_000 };
        using var trainer = Shell(job.Environment(0, 1, 0), "sleep 0 & export MHC_PARENT_PID=$!; wait; exec \"$TRAINER\" train");

        Assert.Equal(ExitCode.TryAgain, trainer.Wait());
        Assert.Contains("\"Terminated\"", job.Termination, StringComparison.Ordinal);
        Assert.Contains("with which this one is to end (MHC_PARENT_PID), has ended", job.Termination, StringComparison.Ordinal);
    }

    [Fact]
    public void A_working_folder_that_is_gone_is_said()
    {
        using var job = new TestJob();
        using var folder = new TemporaryFolder();
        using var trainer = Shell(job.Environment(0, 1, 0),
            $"cd '{folder.Path}'; mkdir gone; cd gone; rmdir ../gone; exec \"$TRAINER\" train");

        Assert.Equal(ExitCode.ConfigurationWrong, trainer.Wait());
        Assert.Contains("\"NoWorkingFolder\"", job.Termination, StringComparison.Ordinal);
        Assert.Contains("mhc-trainer: the working folder has been deleted", trainer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_that_cannot_be_written_and_a_checkpoint_that_is_not_there_are_said()
    {
        using var job = new TestJob();
        job.Configuration.Optimization = job.Configuration.Optimization with { Steps = 2, WarmupSteps = 1 };
        Assert.Equal(ExitCode.Done, job.Train().ExitCode);

        Assert.Equal((ExitCode.TryAgain, "mhc-trainer: the output cannot be written: No space left on device"),
            Sample(job.Checkpoints, "> /dev/full"));
        Assert.Equal((ExitCode.TryAgain, "mhc-trainer: the output cannot be written: it is closed"), Sample(job.Checkpoints, ">&-"));
        Assert.Equal((ExitCode.ConfigurationWrong, "--checkpoint: /nowhere is no folder"), Sample("/nowhere", ""));

        static (int Exit, string Said) Sample(string checkpoint, string output)
        {
            using var trainer = Shell([], $"exec \"$TRAINER\" sample --tokens 2 --prompt a --checkpoint '{checkpoint}' {output}");
            var exit = trainer.Wait();
            return (exit, trainer.Output.Trim());
        }
    }

    [Fact]
    public void An_error_that_nobody_foresaw_has_last_words_and_a_code_of_its_own()
    {
        using var job = new TestJob();
        using var broken = new TemporaryFolder(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)));
        // An installation that has lost a library: the same files under other names, but one.
        using var copying = TrainerProcess.Start("cp", ["--recursive", "--link", $"{AppContext.BaseDirectory}.", broken.Path],
            new Dictionary<string, string>());
        Assert.Equal(0, copying.Wait());
        File.Delete(broken.File("libLibTorchSharp.so"));
        var environment = job.Environment(0, 1, 0);
        environment["TMPDIR"] = broken.Path;
        environment["HOME"] = broken.Path; // TorchSharp looks for a library that it lacks in NuGet's folder, too
        using var trainer = TrainerProcess.Start(broken.File("mhc-trainer"), ["train"], environment);

        Assert.Equal(ExitCode.Unforeseen, trainer.Wait());
        Assert.Contains("\"TrainerError\"", job.Termination, StringComparison.Ordinal);
        Assert.Contains("an error in the trainer that was not foreseen: ", job.Termination, StringComparison.Ordinal);
        var details = Assert.Single(Directory.EnumerateFiles(broken.Path, "mhc-trainer-error-*.txt"));
        Assert.Contains($"details are in {details}", job.Termination, StringComparison.Ordinal);
        Assert.Contains("   at MhcOperator.Trainer", File.ReadAllText(details), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", trainer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_configuration_is_permanent()
    {
        using var job = new TestJob();
        job.Configuration.Optimization.BatchTokens = 500;

        Assert.Equal(ExitCode.ConfigurationWrong, job.Run().ExitCode);
        Assert.Contains("optimization.batchTokens", job.Termination, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_permanent_and_names_the_field()
    {
        using var job = new TestJob();
        job.Configuration.Optimization = job.Configuration.Optimization with { Steps = 2, WarmupSteps = 1 };
        Assert.Equal(ExitCode.Done, job.Train().ExitCode);
        job.Configuration.Model.Width = 48;

        Assert.Equal(ExitCode.ConfigurationWrong, job.Train((TrainerEnvironment.Attempt, "2")).ExitCode);
        Assert.Contains("spec.model.width: 32, and this job has 48", job.Termination, StringComparison.Ordinal);
    }

    [Fact]
    public void Fewer_steps_than_are_done_are_said_and_no_checkpoint_is_lost()
    {
        using var job = new TestJob();
        job.Configuration.Optimization = job.Configuration.Optimization with { Steps = 4, WarmupSteps = 1 };
        Assert.Equal(ExitCode.Done, job.Train().ExitCode);
        job.Configuration.Optimization.Steps = 2;

        var again = job.Train((TrainerEnvironment.Attempt, "2"));

        Assert.Equal(ExitCode.Done, again.ExitCode);
        Assert.Contains(
            "warning: spec.optimization.steps: 2 was given, and the checkpoint that this run goes on from has 4: there is nothing left to do",
            again.Output,
            StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(job.Checkpoints, "step-00000004")));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void A_checkpoint_folder_that_cannot_be_written_is_permanent_and_named()
    {
        using var job = new TestJob();
        Directory.CreateDirectory(job.Checkpoints, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        // Root may write anywhere unless it gives that power up.
        using var process = Environment.IsPrivilegedProcess
            ? TrainerProcess.Start("setpriv",
                ["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search", TrainerProcess.Program,
                    "train"], job.Environment(0, 1, 0))
            : job.Start();

        Assert.Equal(ExitCode.ConfigurationWrong, process.Wait());
        Assert.Contains("CheckpointFolderNotWritable", job.Termination, StringComparison.Ordinal);
        Assert.Contains(job.Checkpoints, job.Termination, StringComparison.Ordinal);
        Directory.Delete(job.Checkpoints);
    }

    [Fact]
    public void A_disk_that_fills_up_costs_new_checkpoints_and_no_old_one()
    {
        using var job = new TestJob();
        job.Configuration.Checkpoints = new CheckpointsSpec { IntervalSteps = 10, VerifyAfterSteps = 5, KeepLatest = 5 };
        job.Configuration.Optimization.Steps = 30;
        Directory.CreateDirectory(job.Checkpoints);
        // A checkpoint has about 0.75 MB: the first one fits, no second one does. The disk is gone with the shell's namespace.
        const string script = """
            set -e
            mount -t tmpfs -o size=1200k tmpfs "$MHC_CHECKPOINT_DIR"
            set +e
            "$0" train; echo "exit code $?"
            ls -A "$MHC_CHECKPOINT_DIR"
            umount "$MHC_CHECKPOINT_DIR"
            """;
        string[] mount = ["--mount", "mount", "-t", "tmpfs", "tmpfs", job.Checkpoints];
        using (var trying = TrainerProcess.Start("unshare", mount, new Dictionary<string, string>()))
        {
            Assert.SkipUnless(trying.Wait() == 0, $"a small disk cannot be mounted here: {trying.Output}");
        }

        using var process = TrainerProcess.Start("unshare", ["--mount", "sh", "-c", script, TrainerProcess.Program],
            job.Environment(0, 1, 0));

        Assert.Equal(0, process.Wait());
        var output = process.Output;
        Assert.Contains("warning: checkpoint 20 could not be written, the one before stays the newest", output, StringComparison.Ordinal);
        Assert.Contains("No space left", output, StringComparison.Ordinal);
        Assert.Contains($"exit code {ExitCode.TryAgain}", output, StringComparison.Ordinal);
        Assert.Contains("CheckpointFailed", output, StringComparison.Ordinal);
        var left = output[output.IndexOf("exit code", StringComparison.Ordinal)..];
        Assert.Contains("step-00000010", left, StringComparison.Ordinal);
        Assert.DoesNotContain("step-00000020", left, StringComparison.Ordinal);
        Assert.DoesNotContain(".tmp-", left, StringComparison.Ordinal);
    }

    /// <summary>A script that finds the trainer's program in $TRAINER.</summary>
    private static TrainerProcess Shell(Dictionary<string, string> environment, string script)
    {
        environment["TRAINER"] = TrainerProcess.Program;
        return TrainerProcess.Start("bash", ["-c", script], environment);
    }
}
