using System.Text.RegularExpressions;

namespace Api.Tests.Documentation;

/// <summary>A document that says which test shows something names one that there is.</summary>
public sealed partial class DocumentedTestsTests
{
    [Fact]
    public void Every_class_of_tests_that_a_document_names_is_there()
    {
        var root = Repository.Root;
        var classes = Directory.EnumerateFiles(Path.Combine(root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension).ToHashSet(StringComparer.Ordinal);
        var named = Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories)
            .SelectMany(
                file => Names().Matches(File.ReadAllText(file))
                    .Select(match => (File: Path.GetFileName(file), Name: match.Groups["name"].Value)))
            .ToList();

        Assert.NotEmpty(named);
        Assert.Empty(named.Where(n => !classes.Contains(n.Name)).Distinct());
    }

    [GeneratedRegex(@"`(?<name>[A-Z]\w+Tests)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Names();
}
