using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class ExactResumeTests
{
    private const int Kills = 3;

    [Fact]
    public void A_run_killed_three_times_ends_with_the_weights_of_an_undisturbed_one()
    {
        using var calm = new TestJob();
        var undisturbed = calm.Train();
        Assert.Equal(ExitCode.Done, undisturbed.ExitCode);

        using var job = new TestJob();
        var random = new Random(20261123);
        for (var kill = 1; kill <= Kills; kill++)
        {
            // A moment after so many lines of this process: sometimes in a step, sometimes in a checkpoint.
            var lines = job.Trained().Count + random.Next(3, 12);
            using var victim = job.Start(more: (TrainerEnvironment.Attempt, $"{kill}"));
            victim.WaitUntil(() => job.Trained().Count >= lines);
            victim.Kill();
        }

        var last = job.Train((TrainerEnvironment.Attempt, $"{Kills + 1}"));

        Assert.Equal(ExitCode.Done, last.ExitCode);
        Assert.Equal(undisturbed.WeightsHash, last.WeightsHash);
        Assert.True(job.Trained().Count > job.Configuration.Optimization.Steps,
            "the kills did not cost a single step, so they came too late");
    }

    [Theory]
    [InlineData(TrainerProcess.Term)]
    [InlineData(TrainerProcess.HangUp)]
    public void A_run_told_to_stop_commits_a_checkpoint_and_goes_on_from_it(int signal)
    {
        using var job = new TestJob();
        using (var process = job.Start())
        {
            process.WaitUntil(() => job.Trained().Count >= 12);
            process.Tell(signal);
            Assert.Equal(ExitCode.TryAgain, process.Wait());
        }

        var stopped = job.Trained()[^1].Step;
        Assert.Contains($"checkpoint {stopped} is committed", job.Termination, StringComparison.Ordinal);
        Assert.Contains("\"Terminated\"", job.Termination, StringComparison.Ordinal);

        var second = job.Train((TrainerEnvironment.Attempt, "2"));

        Assert.Equal(ExitCode.Done, second.ExitCode);
        Assert.Contains($"goes on after step {stopped}", second.Output, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, job.Configuration.Optimization.Steps), job.Trained().Select(t => t.Step));
    }
}
