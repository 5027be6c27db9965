namespace MhcOperator.Operator.Planning;

/// <summary>
/// Brings texts of trainers and kubelets into the form that the API server demands of a condition: one that it refuses would keep the whole status,
/// and every decision in it, from being written.
/// </summary>
internal static class ConditionText
{
    private const int LongestReason = 128;
    private const int LongestMessage = 4096;

    /// <summary>Letters and digits only, beginning with a letter.</summary>
    public static string Reason(string? text)
    {
        var reason = new string([.. (text ?? "").Where(char.IsAsciiLetterOrDigit).SkipWhile(char.IsAsciiDigit).Take(LongestReason)]);
        return reason.Length == 0 ? "Unknown" : reason;
    }

    /// <summary>Cut where it is too long.</summary>
    public static string Message(string? text) =>
        text is null ? "" : text.Length <= LongestMessage ? text : string.Concat(text.AsSpan(0, LongestMessage - 1), "…");
}
