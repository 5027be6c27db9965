using System.Text;
using System.Text.RegularExpressions;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>What a server takes as names and labels; each check says what it expects of a text, or null where it holds.</summary>
internal static partial class KubernetesNames
{
    /// <summary>Characters that a server adds to <c>metadata.generateName</c>.</summary>
    public const int GeneratedEnd = 5;

    private const int LongestLabel = 63;
    private const int LongestDomain = 253;
    private const int AllAnnotations = 256 * 1024;

    /// <summary>Of a namespace, a container or a volume (RFC 1123).</summary>
    public static string? Label(string text) =>
        text.Length <= LongestLabel && LabelForm().IsMatch(text)
            ? null
            : "a DNS label (at most 63 lower-case letters, digits and '-', not '-' at its ends)";

    /// <summary>Of a label or an annotation: a name, with a domain and a slash before it where it is somebody's own.</summary>
    public static string? Key(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var isRight = (slash < 0 || (slash <= LongestDomain && DomainForm().IsMatch(text[..slash])))
            && text.Length - slash - 1 <= LongestLabel && NameForm().IsMatch(text[(slash + 1)..]);
        return isRight
            ? null
            : "a label key (at most 63 letters, digits, '-', '_' and '.', not these at its ends, and before it at most a domain and '/')";
    }

    public static string? LabelValue(string text) =>
        text.Length == 0 || (text.Length <= LongestLabel && NameForm().IsMatch(text))
            ? null
            : "a label value (at most 63 letters, digits, '-', '_' and '.', not these at its ends)";

    /// <summary>Of all annotations of an object together.</summary>
    public static string? AnnotationSize(IEnumerable<KeyValuePair<string, string>> annotations) =>
        annotations.Sum(a => (long)Encoding.UTF8.GetByteCount(a.Key) + Encoding.UTF8.GetByteCount(a.Value)) is var bytes
            and > AllAnnotations
            ? FormattableString.Invariant($"at most {AllAnnotations} bytes of annotations, got {bytes}")
            : null;

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelForm();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DomainForm();

    [GeneratedRegex(@"\A[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NameForm();
}
