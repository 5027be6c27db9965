namespace MhcOperator.Api.Validation.Rules;

/// <summary>Checkpoints that can come to be trusted, on a volume that all workers can write.</summary>
internal static class CheckpointsRules
{
    private const string Volume = "spec.checkpoints.volume";

    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForField(
            $"{Volume}.storageClassName",
            ("!has(self.checkpoints.volume.storageClassName) || !has(self.checkpoints.volume.claimName)",
                "expected nothing where spec.checkpoints.volume.claimName names an existing claim"),
            [$"{Volume}.claimName"],
            job => job.Spec.Checkpoints.Volume is { StorageClassName: { } given, ClaimName: { } claim }
                ? $"expected nothing where {Volume}.claimName ({claim}) names an existing claim, got \"{given}\""
                : null),
        Rule.ForField(
            $"{Volume}.accessModes",
            ("self.workers.replicas == 1 || !self.checkpoints.volume.accessModes.exists(m, m == 'ReadWriteOncePod')",
                "expected no ReadWriteOncePod where spec.workers.replicas is over 1"),
            ["spec.workers.replicas"],
            job => job.Spec.Workers.Replicas > 1
                && job.Spec.Checkpoints.Volume.AccessModes.Contains("ReadWriteOncePod", StringComparer.Ordinal)
                ? FormattableString.Invariant(
                    $"expected no ReadWriteOncePod where spec.workers.replicas ({job.Spec.Workers.Replicas}) is over 1: all pods write there")
                : null),
        Rule.ForField(
            "spec.checkpoints.verifyAfterSteps",
            ("self.checkpoints.verifyAfterSteps <= self.checkpoints.keepLatest * self.checkpoints.intervalSteps",
                "expected at most spec.checkpoints.keepLatest × intervalSteps, else checkpoints are deleted before they can be trusted"),
            ["spec.checkpoints.keepLatest", "spec.checkpoints.intervalSteps"],
            job => job.Spec.Checkpoints is var c && c.VerifyAfterSteps <= (long)c.KeepLatest * c.IntervalSteps
                ? null
                : FormattableString.Invariant(
                    $"expected at most spec.checkpoints.keepLatest × intervalSteps ({(long)c.KeepLatest * c.IntervalSteps}), else checkpoints are deleted before they can be trusted, got {c.VerifyAfterSteps}")),
    ];
}
