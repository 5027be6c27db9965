namespace MhcOperator.Operator.Planning;

/// <summary>What the settings of an operator say of pod templates.</summary>
/// <param name="AllowPrivileged">Whether they may leave the restricted Pod Security Standard or use another service account.</param>
/// <param name="Secrets">Names of the Secrets that they may name; null: any.</param>
internal sealed record TemplateRules(bool AllowPrivileged = false, IReadOnlyList<string>? Secrets = null)
{
    /// <summary>Of jobs of which this operator makes no pods.</summary>
    public static TemplateRules Anything { get; } = new(AllowPrivileged: true);
}
