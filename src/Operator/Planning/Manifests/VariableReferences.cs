using System.Text;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// The small language of a container's <c>env</c>, <c>command</c> and <c>args</c>: <c>$(NAME)</c> is the value of a variable, <c>$$</c> is
/// <c>$</c>. What a job says of its trainer is text, so it is escaped on its way into a pod; what a template says is Kubernetes' own and
/// stays.
/// </summary>
internal static class VariableReferences
{
    /// <summary>The text that is read as the one given.</summary>
    public static string Escape(string text) => text.Replace("$", "$$", StringComparison.Ordinal);

    /// <summary>Reads a text as the kubelet does.</summary>
    /// <param name="text">With references.</param>
    /// <param name="value">The value of a variable; null: there is none of that name, so that the reference stays as it is.</param>
    public static string Expand(string text, Func<string, string?> value)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var next = text[i] == '$' && i + 1 < text.Length ? text[i + 1] : '\0';
            if (next == '(' && text.IndexOf(')', i) is >= 0 and var end)
            {
                result.Append(value(text[(i + 2)..end]) ?? text[i..(end + 1)]);
                i = end;
                continue;
            }

            result.Append(text[i]);
            i += next == '$' ? 1 : 0;
        }

        return result.ToString();
    }
}
