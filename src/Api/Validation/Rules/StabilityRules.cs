namespace MhcOperator.Api.Validation.Rules;

/// <summary>Detectors that can fire.</summary>
internal static class StabilityRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        PatienceFitsWindow("lossSpike", job => (job.Spec.Stability.LossSpike.Patience, job.Spec.Stability.LossSpike.Window)),
        PatienceFitsWindow("gradientNorm", job => (job.Spec.Stability.GradientNorm.Patience, job.Spec.Stability.GradientNorm.Window)),
    ];

    // After more steps than the window holds, the spike is the new normal and the z-score falls by itself.
    private static Rule PatienceFitsWindow(string detector, Func<MhcTrainingJob, (int Patience, int Window)> read) => Rule.ForField(
        $"spec.stability.{detector}.patience",
        ($"self.stability.{detector}.patience <= self.stability.{detector}.window", $"expected at most spec.stability.{detector}.window"),
        [$"spec.stability.{detector}.window"],
        job => read(job) is var (patience, window) && patience <= window
            ? null
            : FormattableString.Invariant($"expected at most spec.stability.{detector}.window ({window}), got {patience}"));
}
