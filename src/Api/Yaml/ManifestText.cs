using YamlDotNet.Core;

namespace MhcOperator.Api.Yaml;

/// <summary>One of the texts that <see cref="ManifestTexts"/> makes of a file.</summary>
/// <param name="Text">Without the line that ends it.</param>
/// <param name="Line">Number of its first line in the file, from 1.</param>
/// <param name="Error">Why kubectl does not read what follows as a text of its own; null where it does.</param>
/// <param name="ErrorLine">Where that is.</param>
internal readonly record struct ManifestText(string Text, int Line, string? Error = null, int ErrorLine = 0)
{
    /// <summary>The line in the file.</summary>
    public int LineOf(Mark mark) => Line - 1 + (int)Math.Max(1, mark.Line);
}
