using System.Diagnostics;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class GangTrainingTests
{
    [Fact]
    public void Two_ranks_with_half_the_batch_each_have_the_loss_curve_of_one_rank()
    {
        using var one = FiftySteps();
        using var two = FiftySteps();

        Assert.Equal(ExitCode.Done, one.Run().ExitCode);
        var port = TestJob.FreePort();
        using var zero = two.Start(0, 2, port);
        using var other = two.Start(1, 2, port);
        Assert.Equal(ExitCode.Done, zero.Wait());
        Assert.Equal(ExitCode.Done, other.Wait());

        Assert.Equal(zero.WeightsHash, other.WeightsHash);
        Assert.Equal(50, one.Losses().Count);
        Assert.All(one.Losses().Zip(two.Losses()), pair => Assert.InRange(pair.Second / pair.First, 1 - 1e-4, 1 + 1e-4));
        Assert.Equal(one.Trained(), two.Trained());
    }

    [Fact]
    public void A_rank_whose_peer_is_killed_says_so_at_once_and_asks_for_another_try()
    {
        using var job = new TestJob();
        job.Configuration.Optimization.Steps = 100_000;
        var port = TestJob.FreePort();
        using var zero = job.Start(0, 2, port);
        using var other = job.Start(1, 2, port);
        zero.WaitUntil(() => job.Trained().Count >= 3);

        other.Kill();
        var watch = Stopwatch.StartNew();
        var exitCode = zero.Wait();

        Assert.Equal(ExitCode.TryAgain, exitCode);
        Assert.Contains("\"PeerLost\"", job.Termination, StringComparison.Ordinal);
        // The collective itself fails in 0.04 s; the rest is the end of a process on a busy machine.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 15);
    }

    [Fact]
    public void A_rank_of_another_attempt_is_turned_away()
    {
        using var job = new TestJob();
        job.Configuration.Optimization.Steps = 100_000;
        var port = TestJob.FreePort();
        using var zero = job.Start(0, 2, port, (TrainerEnvironment.Attempt, "2"));
        using var late = job.Start(1, 2, port, (TrainerEnvironment.Attempt, "1"));

        Assert.Equal(ExitCode.TryAgain, late.Wait());
        Assert.Contains("RendezvousRefused", late.Output, StringComparison.Ordinal);
        Assert.Contains("attempt 2", late.Output, StringComparison.Ordinal);
    }

    private static TestJob FiftySteps()
    {
        var job = new TestJob();
        job.Configuration.Optimization.Steps = 50;
        job.Configuration.Checkpoints.IntervalSteps = 50;
        return job;
    }
}
