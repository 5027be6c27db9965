using System.Text.RegularExpressions;

namespace Api.Tests.Documentation;

public sealed partial class DocumentedOptionsTests
{
    /// <summary>
    /// Options of programs that are not ours; those in runbooks are held against the programs themselves by a test of their own.
    /// </summary>
    private static readonly string[] Others =
    [
        "--type", "--create-namespace", "--set", "--take-ownership", "--force-conflicts", "--reuse-values", "--show-only", "--clusterrole",
        "--serviceaccount", "--export", "--verify",
        "--preserve-digests", "--input",
    ];

    [Fact]
    public void Every_option_that_a_document_names_is_one_of_a_program_or_a_script()
    {
        var root = Repository.Root;
        var known = Files(root, "src", "*.cs").Concat(Files(root, "eng", "*")).Concat(Files(root, "bench", "*"))
            .SelectMany(file => Option().Matches(File.ReadAllText(file)).Select(m => m.Value)).Concat(Others)
            .ToHashSet(StringComparer.Ordinal);
        var named = Files(root, "docs", "*.md").Where(file => !file.Contains("/runbooks/", StringComparison.Ordinal))
            .Append(Path.Combine(root, "README.md"))
            .SelectMany(file => Option().Matches(File.ReadAllText(file)).Select(m => $"{Path.GetFileName(file)}: {m.Value}"));

        Assert.DoesNotContain(named, n => !known.Contains(n.Split(' ')[1]));
    }

    [Fact]
    public void Kind_is_given_one_archive_at_a_time_for_it_overlooks_all_but_the_first()
    {
        var root = Repository.Root;
        var loads = Files(root, "docs", "*.md").Append(Path.Combine(root, "README.md"))
            .SelectMany(file => Load().Matches(File.ReadAllText(file))).Select(m => m.Groups["what"].Value);

        Assert.NotEmpty(loads);
        Assert.All(loads, what => Assert.DoesNotMatch("[*? ]", what));
    }

    private static IEnumerable<string> Files(string root, string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(root, folder), pattern, SearchOption.AllDirectories)
            .Where(f => !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal));

    [GeneratedRegex("(?<![-\\w])--[a-z][a-z0-9-]*[a-z0-9]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Option();

    [GeneratedRegex("kind load image-archive (?<what>[^`;#\\n]*[^`;#\\s])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Load();
}
