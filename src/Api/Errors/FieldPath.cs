using System.Globalization;

namespace MhcOperator.Api.Errors;

/// <summary>Names of fields as people write them: <c>spec.drills[1].kind</c>, <c>metadata.labels[app.kubernetes.io/name]</c>.</summary>
internal static class FieldPath
{
    /// <summary>Stands for a whole document in an error that concerns no single field.</summary>
    public const string Document = "(document)";

    public static string Child(string parent, string name)
    {
        if (!IsPlain(name))
        {
            return $"{parent}[{PrintableText.Line(name)}]";
        }

        return parent.Length == 0 ? name : $"{parent}.{name}";
    }

    public static string Item(string parent, int index) => string.Create(CultureInfo.InvariantCulture, $"{parent}[{index}]");

    /// <summary>The path without its last part; null for a path of one part.</summary>
    public static string? Parent(string path)
    {
        if (path.EndsWith(']'))
        {
            return path[..path.LastIndexOf('[')];
        }

        var dot = path.LastIndexOf('.');
        return dot < 0 ? null : path[..dot];
    }

    /// <summary>Whether one of them holds the other, or they are the same.</summary>
    public static bool Overlap(string a, string b) => Holds(a, b) || Holds(b, a);

    private static bool Holds(string outer, string inner) =>
        inner.StartsWith(outer, StringComparison.Ordinal)
        && (inner.Length == outer.Length || inner[outer.Length] is '.' or '[');

    private static bool IsPlain(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
