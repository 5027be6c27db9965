namespace MhcOperator.Api.Validation.Rules;

/// <summary>How a batch is divided over ranks and sequences.</summary>
internal static class OptimizationRules
{
    private const string Batch = "spec.optimization.batchTokens";
    private const string MicroBatch = "spec.optimization.microBatchTokens";
    private const string Context = "spec.model.contextLength";

    private static readonly string[] Ranks = ["spec.workers.replicas", "spec.workers.devicesPerWorker"];

    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForField(
            Batch,
            ("self.optimization.batchTokens % (self.model.contextLength * self.workers.replicas * self.workers.devicesPerWorker) == 0",
                "expected a multiple of spec.model.contextLength × ranks (spec.workers.replicas × spec.workers.devicesPerWorker)"),
            [Context, .. Ranks],
            job => (job.Spec.Optimization.BatchTokens, job.Spec.Model.ContextLength, RanksOf(job)) is var (batch, context, ranks)
                && batch % (context * ranks) == 0
                ? null
                : FormattableString.Invariant(
                    $"expected a multiple of {Context} × ranks ({context} × {ranks} = {context * ranks}), got {batch}")),
        Rule.ForField(
            MicroBatch,
            ("!has(self.optimization.microBatchTokens) || self.optimization.microBatchTokens % self.model.contextLength == 0",
                "expected a multiple of spec.model.contextLength"),
            [Context],
            job => (job.Spec.Optimization.MicroBatchTokens, job.Spec.Model.ContextLength) is var (micro, context)
                && micro.GetValueOrDefault() % context == 0
                ? null
                : FormattableString.Invariant($"expected a multiple of {Context} ({context}), got {micro}")),
        Rule.ForField(
            MicroBatch,
            ("!has(self.optimization.microBatchTokens) || self.optimization.batchTokens % (self.optimization.microBatchTokens * self.workers.replicas * self.workers.devicesPerWorker) == 0",
                "expected a divisor of spec.optimization.batchTokens / ranks"),
            [Batch, .. Ranks],
            job => (job.Spec.Optimization.MicroBatchTokens, job.Spec.Optimization.BatchTokens, RanksOf(job)) is var (micro, batch, ranks)
                && (micro is not { } tokens || batch % (tokens * ranks) == 0)
                ? null
                : FormattableString.Invariant($"expected a divisor of {Batch} / ranks ({batch} / {ranks}), got {micro}")),
        Rule.ForField(
            "spec.optimization.activationMemory",
            ("!has(self.optimization.activationMemory) || self.optimization.recompute",
                "expected nothing where spec.optimization.recompute is false"),
            ["spec.optimization.recompute"],
            job => job.Spec.Optimization is { ActivationMemory: { } given, Recompute: false }
                ? $"expected nothing where spec.optimization.recompute is false, got \"{given}\""
                : null),
        Rule.ForField(
            "spec.optimization.warmupSteps",
            ("self.optimization.warmupSteps <= self.optimization.steps", "expected at most spec.optimization.steps"),
            ["spec.optimization.steps"],
            job => job.Spec.Optimization is var o && o.WarmupSteps <= o.Steps
                ? null
                : FormattableString.Invariant($"expected at most spec.optimization.steps ({o.Steps}), got {o.WarmupSteps}")),
    ];

    // In 64 bits: 4096 pods of 16 devices with a million tokens each are more than 32 hold.
    private static long RanksOf(MhcTrainingJob job) => (long)job.Spec.Workers.Replicas * job.Spec.Workers.DevicesPerWorker;
}
