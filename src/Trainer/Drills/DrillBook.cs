using MhcOperator.Api;
using MhcOperator.Trainer.Checkpoints;

namespace MhcOperator.Trainer.Drills;

/// <summary>Chooses the drills that this process takes part in.</summary>
internal static class DrillBook
{
    /// <summary>Drills of this attempt and rank, in the job's order.</summary>
    /// <param name="specs">All drills of the job.</param>
    /// <param name="attempt">From 1.</param>
    /// <param name="rank">This process.</param>
    /// <param name="vocabulary">Token numbers.</param>
    /// <param name="folder">Where checkpoints are.</param>
    public static List<Drill> Open(IReadOnlyList<DrillSpec> specs, int attempt, int rank, int vocabulary, CheckpointFolder folder) =>
        [.. specs.Where(s => attempt <= s.Attempts || s.Kind == DrillKind.PoisonBatches).Select(s => Make(s, rank, vocabulary, folder))
            .OfType<Drill>()];

    private static Drill? Make(DrillSpec spec, int rank, int vocabulary, CheckpointFolder folder) => spec.Kind switch
    {
        DrillKind.LearningRateSpike => new LearningRateSpikeDrill(spec),
        DrillKind.PoisonBatches => new PoisonBatchesDrill(spec, vocabulary),
        DrillKind.CorruptCheckpoint when rank == 0 => new CorruptCheckpointDrill(spec, folder),
        DrillKind.NonFiniteGradient when rank == spec.Rank => new NonFiniteGradientDrill(spec),
        DrillKind.Crash when rank == spec.Rank => new CrashDrill(spec),
        DrillKind.Hang when rank == spec.Rank => new HangDrill(spec),
        _ => null,
    };
}
