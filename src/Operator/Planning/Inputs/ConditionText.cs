using MhcOperator.Api.Errors;

namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>
/// Brings texts of trainers and kubelets into the form that the API server demands of a condition: one that it refuses would keep the whole
/// status, and every decision in it, from being written.
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

    /// <summary>In one line of letters that a terminal does not obey, and cut where it is too long.</summary>
    public static string Message(string? text)
    {
        var line = PrintableText.Sentence(text ?? "");
        return line.Length <= LongestMessage ? line : string.Concat(line.AsSpan(0, LongestMessage - 1), "…");
    }
}
