using System.Globalization;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Interop;

public sealed class ThreadWaitingTests
{
    [Theory]
    [InlineData(null, null, true)]
    [InlineData("77", null, false)]
    [InlineData(null, "passive", false)]
    public void A_trainer_waits_awake_for_a_moment_only_unless_told_otherwise(string? rounds, string? policy, bool chooses)
    {
        using var job = new TestJob();
        job.Configuration.Optimization.Steps = 100_000;
        using var trainer = job.Start(more: [("GOMP_SPINCOUNT", rounds ?? ""), ("OMP_WAIT_POLICY", policy ?? ""), ("MHC_ALLOCATOR", "")]);
        trainer.WaitUntil(() => job.Losses().Count > 0);

        var said = trainer.Variable("GOMP_SPINCOUNT");

        if (chooses)
        {
            // From 4 to 400 nanoseconds a round.
            Assert.InRange(int.Parse(said, CultureInfo.InvariantCulture), ThreadWaiting.Awake.TotalNanoseconds / 400,
                ThreadWaiting.Awake.TotalNanoseconds / 4);
        }
        else
        {
            Assert.Equal(rounds ?? "", said);
        }
    }
}
