using MhcOperator.Api;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Drills;

namespace MhcOperator.Trainer.Tests.Drills;

public sealed class DrillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(99, 1)]
    [InlineData(100, 50)]
    [InlineData(111, 50)]
    [InlineData(112, 1)]
    public void A_learning_rate_spike_lasts_as_long_as_it_says(int step, double factor)
    {
        var drill = Assert.Single(Open(new DrillSpec { Kind = DrillKind.LearningRateSpike, Step = 100, Steps = 12, Factor = 50 }));

        Assert.Equal(0.002 * factor, drill.LearningRate(step, 0.002), 12);
    }

    [Theory]
    [InlineData(DrillKind.LearningRateSpike, 1, 0, true)]
    [InlineData(DrillKind.LearningRateSpike, 3, 0, false)]
    [InlineData(DrillKind.LearningRateSpike, 1, 1, true)]
    [InlineData(DrillKind.PoisonBatches, 3, 1, true)]
    [InlineData(DrillKind.Crash, 2, 1, true)]
    [InlineData(DrillKind.Crash, 2, 0, false)]
    [InlineData(DrillKind.Hang, 3, 1, false)]
    [InlineData(DrillKind.NonFiniteGradient, 1, 0, false)]
    [InlineData(DrillKind.CorruptCheckpoint, 1, 0, true)]
    [InlineData(DrillKind.CorruptCheckpoint, 1, 1, false)]
    public void A_process_takes_part_by_attempt_and_rank(DrillKind kind, int attempt, int rank, bool takesPart) =>
        Assert.Equal(takesPart, Open(new DrillSpec { Kind = kind, Attempts = 2, Rank = 1 }, attempt, rank).Count == 1);

    [Fact]
    public void Poison_is_the_same_noise_in_every_attempt_and_only_in_its_data_steps()
    {
        var spec = new DrillSpec { Kind = DrillKind.PoisonBatches, Step = 5, Steps = 2 };
        var (clean, first, second) = (new long[64], new long[64], new long[64]);

        Open(spec)[0].Tokens(7, 3, clean);
        Open(spec)[0].Tokens(6, 3, first);
        Open(spec, attempt: 4)[0].Tokens(6, 3, second);

        Assert.All(clean, t => Assert.Equal(0, t));
        Assert.Equal(first, second);
        Assert.InRange(first.Distinct().Count(), 40, 64);
        Assert.All(first, t => Assert.InRange(t, 0, 255));
    }

    private List<Drill> Open(DrillSpec spec, int attempt = 1, int rank = 0) =>
        DrillBook.Open([spec], attempt, rank, 256, CheckpointFolder.OpenForWriting(_folder.Path, TimeProvider.System));
}
