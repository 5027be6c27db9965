using System.Text.RegularExpressions;

namespace Monitoring.Tests.Support;

/// <summary>A page of docs/runbooks.</summary>
/// <param name="Name">Name of its alert.</param>
/// <param name="Text">Markdown.</param>
internal sealed partial record Runbook(string Name, string Text)
{
    public static string Folder => Path.Combine(Repository.Root, "docs", "runbooks");

    public static IReadOnlyList<Runbook> All() =>
    [
        .. Directory.EnumerateFiles(Folder,
            "*.md").Where(file => !file.EndsWith("README.md", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(file => new Runbook(Path.GetFileNameWithoutExtension(file), File.ReadAllText(file))),
    ];

    public IEnumerable<string> Headings =>
        Text.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);

    /// <summary>The commands in its blocks, one a line.</summary>
    public IEnumerable<string> Commands =>
        Text.Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal)).Select(line => line.Trim());

    /// <summary>Files that it links to, without what is after #.</summary>
    public IEnumerable<string> Links => Link().Matches(Text).Select(match => match.Groups["file"].Value);

    /// <summary>Fields of the resource that it names: in backquotes, in patches, and in what is printed.</summary>
    public IEnumerable<string> Fields => Field().Matches(Text).Select(match => match.Groups["path"].Value).Distinct(StringComparer.Ordinal);

    /// <summary>A command as a shell would divide it, as far as the first pipe.</summary>
    public static IReadOnlyList<string> Words(string command) =>
        [.. Word().Matches(command.Split(" | ")[0]).Select(match => match.Value.Replace("'", "", StringComparison.Ordinal))];

    [GeneratedRegex(@"\]\((?<file>[^)#]+)(#[^)]*)?\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(
        @"(?<=`)(?<path>(workers|trainer|model|data|optimization|parallelism|checkpoints|stability|runPolicy|scheduling)(\.\w+)+)(?=[`:])|(?<=\{\.)(?!spec\.template\.)(?<path>(spec|status)(\.\w+)+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Field();

    [GeneratedRegex(@"([^\s']|'[^']*')+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Word();
}
