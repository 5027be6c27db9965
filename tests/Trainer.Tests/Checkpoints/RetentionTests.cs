using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Checkpoints;

public sealed class RetentionTests
{
    [Fact]
    public void The_newest_verified_one_and_the_newest_usable_ones_always_stay() => Properties.ForSeeds(300, random =>
    {
        var spec = new CheckpointsSpec { KeepLatest = random.Next(1, 5), KeepVerified = random.Next(1, 4) };
        var entries = Enumerable.Range(1, random.Next(0, 20)).Select(i => new LedgerEntry(i * 10, (CheckpointHealth)random.Next(0, 3)))
            .ToList();

        var expired = Retention.Expired(entries, spec);

        var left = entries.Where(e => !expired.Contains(e.Step)).ToList();
        Assert.Equal(entries.LastOrDefault(e => e.State == CheckpointHealth.Verified),
            left.LastOrDefault(e => e.State == CheckpointHealth.Verified));
        Assert.Equal(entries.LastOrDefault(e => e.State != CheckpointHealth.Quarantined),
            left.LastOrDefault(e => e.State != CheckpointHealth.Quarantined));
        Assert.True(left.Count <= (2 * spec.KeepLatest) + spec.KeepVerified);
    });

    [Fact]
    public void Verified_ones_are_kept_beside_the_latest()
    {
        LedgerEntry[] entries = [new(10, CheckpointHealth.Verified), new(20, CheckpointHealth.Verified), new(30, CheckpointHealth.Verified),
            new(40, CheckpointHealth.Candidate), new(50, CheckpointHealth.Quarantined), new(60, CheckpointHealth.Candidate)];

        Assert.Equal([20, 10], Retention.Expired(entries, new CheckpointsSpec { KeepLatest = 2, KeepVerified = 1 }));
    }
}
