using System.Text;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>
/// What Linux takes as a text, in its own units; each check is null where it holds, else what was expected and what was given.
/// </summary>
internal static class MachineText
{
    /// <summary>MAX_ARG_STRLEN: bytes of one argument or of one NAME=VALUE, with the NUL that ends it.</summary>
    private const int LongestString = 131072;

    /// <summary>PATH_MAX, with the NUL that ends it, and NAME_MAX.</summary>
    private const int LongestPath = 4096;
    private const int LongestName = 255;

    public static string? Argument(string text) => Plain(text) ?? Short(Encoding.UTF8.GetByteCount(text), LongestString, "");

    public static string? Variable(string name, string value) =>
        Plain(value) ?? Short(Encoding.UTF8.GetByteCount(name) + 1 + Encoding.UTF8.GetByteCount(value), LongestString, " as NAME=VALUE");

    public static string? Path(string path) =>
        Plain(path)
        ?? Short(Encoding.UTF8.GetByteCount(path), LongestPath, " as a path")
        ?? Short(path.Split('/').Max(Encoding.UTF8.GetByteCount), LongestName + 1, " in each name of a path");

    /// <summary>A text that no string of the machine would cut short.</summary>
    public static string? Plain(string text) => text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var at
        ? FormattableString.Invariant($"expected text without NUL, which ends a text on the machine, got it after {at} characters")
        : null;

    private static string? Short(int bytes, int limit, string what) => bytes + 1 > limit
        ? FormattableString.Invariant($"expected at most {limit - 1} bytes{what} (UTF-8), got {bytes}")
        : null;
}
