namespace MhcOperator.Api.Validation.Rules;

/// <summary>Limits that agree with each other.</summary>
internal static class RunPolicyRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForField(
            "spec.runPolicy.backoff.maximumSeconds",
            ("self.runPolicy.backoff.maximumSeconds >= self.runPolicy.backoff.initialSeconds",
                "expected at least spec.runPolicy.backoff.initialSeconds"),
            ["spec.runPolicy.backoff.initialSeconds"],
            job => job.Spec.RunPolicy.Backoff is var b && b.MaximumSeconds >= b.InitialSeconds
                ? null
                : FormattableString.Invariant(
                    $"expected at least spec.runPolicy.backoff.initialSeconds ({b.InitialSeconds}), got {b.MaximumSeconds}")),
    ];
}
