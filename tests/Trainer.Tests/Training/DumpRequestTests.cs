using MhcOperator.Api;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class DumpRequestTests
{
    [Fact]
    public void A_rank_that_hangs_says_where_when_it_gets_a_sigquit_and_again_when_it_does_not_come_to_the_stop_that_was_asked_for()
    {
        using var job = new TestJob();
        job.Configuration.Drills = [new DrillSpec { Kind = DrillKind.Hang, Step = 3 }];
        using var rank = job.Start(0, 1, TestJob.FreePort());
        rank.WaitUntil(() => job.Trained().Count >= 2);

        rank.WaitUntil(() =>
        {
            rank.AskWhere(); // it may not have come to the third step yet
            return rank.Output.Contains("training: step 3, before the forward pass for ", StringComparison.Ordinal);
        });
        rank.Terminate();
        rank.WaitUntil(() => rank.Output.Contains("asked to stop, and the step does not end: where rank 0", StringComparison.Ordinal));

        Assert.Contains("SIGQUIT: where rank 0 of 1, attempt 1 of job ", rank.Output, StringComparison.Ordinal);
        Assert.Matches(@"thread \d+ mhc-trainer: S, \d+\.\d\d s of processor time", rank.Output);
        var kept = Path.Combine(job.Checkpoints, "diagnostics", "attempt-00001-rank-00000.txt");
        rank.WaitUntil(() => File.Exists(kept) && File.ReadAllText(kept).Contains("asked to stop", StringComparison.Ordinal));
        Assert.Contains("SIGQUIT", File.ReadAllText(kept), StringComparison.Ordinal);
        rank.Kill();
    }
}
