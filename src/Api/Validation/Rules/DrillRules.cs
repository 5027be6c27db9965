namespace MhcOperator.Api.Validation.Rules;

/// <summary>Rehearsed failures that can happen.</summary>
internal static class DrillRules
{
    private const string Drills = "spec.drills";

    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForItems(
            Drills,
            "step",
            ("self.drills.all(d, d.kind == 'PoisonBatches' || d.step <= self.optimization.steps)",
                "expected steps of at most spec.optimization.steps"),
            ["spec.optimization.steps"],
            job => job.Spec.Drills,
            // Data steps run ahead of updates by what was skipped, so they may be more.
            (job, drill) => drill.Kind == DrillKind.PoisonBatches || drill.Step <= job.Spec.Optimization.Steps
                ? null
                : FormattableString.Invariant(
                    $"expected at most spec.optimization.steps ({job.Spec.Optimization.Steps}), got {drill.Step}")),
        Rule.ForItems(
            Drills,
            "step",
            ("self.drills.all(d, d.kind != 'CorruptCheckpoint' || d.step >= self.checkpoints.intervalSteps)",
                "expected CorruptCheckpoint at spec.checkpoints.intervalSteps or later, when there is a checkpoint"),
            ["spec.checkpoints.intervalSteps"],
            job => job.Spec.Drills,
            (job, drill) => drill.Kind != DrillKind.CorruptCheckpoint || drill.Step >= job.Spec.Checkpoints.IntervalSteps
                ? null
                : FormattableString.Invariant(
                    $"expected at least spec.checkpoints.intervalSteps ({job.Spec.Checkpoints.IntervalSteps}), for there is no checkpoint to corrupt before, got {drill.Step}")),
        Rule.ForItems(
            Drills,
            "rank",
            ("self.drills.all(d, d.rank < self.workers.replicas * self.workers.devicesPerWorker)",
                "expected ranks of the gang, under spec.workers.replicas × devicesPerWorker"),
            ["spec.workers.replicas", "spec.workers.devicesPerWorker"],
            job => job.Spec.Drills,
            (job, drill) => job.Spec.Workers.Replicas * job.Spec.Workers.DevicesPerWorker is var ranks && drill.Rank < ranks
                ? null
                : FormattableString.Invariant($"expected a rank of the gang, 0 to {ranks - 1}, got {drill.Rank}")),
    ];
}
