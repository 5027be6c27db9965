using System.Text.RegularExpressions;
using MhcOperator.Api.Schema;

namespace Api.Tests.Documentation;

/// <summary>Fields, metrics and files that the pages name, against what there is.</summary>
public sealed partial class DocumentedNamesTests
{
    private static readonly string Root = Repository.Root;

    /// <summary>Fields of pods, files, and a field that is misspelt to show what becomes of it.</summary>
    private static readonly string[] Others =
        ["spec.schedulingGroup.podGroupName", "spec.workloadRef", "status.json", "model.safetensors", "spec.trainerr"];

    private static readonly string Chart = File.ReadAllText(Path.Combine(Root, "charts", "mhc-operator", "README.md"));

    private static readonly string Served =
        string.Concat(((string[])["metrics.md", "trainer-contract.md"]).Select(page => File.ReadAllText(Path.Combine(Root, "docs", page))));

    [Fact]
    public void Every_field_that_a_page_names_is_one_of_the_resource_or_a_value_of_the_chart() =>
        AssertNone(Named(Field(), field =>
            !IsField(field.Split('.')) && !Others.Contains(field, StringComparer.Ordinal)
            && !Chart.Contains($"| `{field}", StringComparison.Ordinal)));

    [Fact]
    public void Every_metric_that_a_page_names_is_in_the_lists_of_metrics() =>
        AssertNone(Named(Metric(), metric => !Served.Contains($"`{metric}`", StringComparison.Ordinal)));

    [Fact]
    public void Every_file_that_a_page_names_is_there() =>
        AssertNone(Named(Name(), name => !Path.Exists(Path.Combine(Root, name.TrimEnd('.')))));

    [Theory]
    [InlineData("spec.runPolicy.backoff.initialSeconds", true)]
    [InlineData("runPolicy.backoff", true)]
    [InlineData("status.rollbacks[].skippedData", false)]
    [InlineData("status.rollbacks[].attempt", true)]
    [InlineData("workers.template.spec.anything", true)]
    [InlineData("runPolicy.backOff", false)]
    public void A_field_is_one_that_the_definition_knows_or_lies_in_a_template(string field, bool known) =>
        Assert.Equal(known, IsField(field.Split('.')));

    private static void AssertNone(IEnumerable<string> names) => Assert.True(!names.Any(), string.Join('\n', names));

    private static IEnumerable<string> Named(Regex what, Func<string, bool> isMissing) =>
        from page in Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Root, "README.md"))
        from match in what.Matches(File.ReadAllText(page))
        let name = match.Groups["name"].Value
        where isMissing(name)
        select $"{Path.GetFileName(page)}: {name}";

    private static bool IsField(string[] path)
    {
        SchemaNode? node = path[0] is "spec" or "status" or "metadata" ? JobSchema.Root : JobSchema.Spec;
        foreach (var name in path.Select(part => part.Split('[')[0]).TakeWhile(_ => node is { PreserveUnknown: false }))
        {
            node = (node!.Items ?? node).Property(name) ?? node.AdditionalProperties;
        }

        return node is not null;
    }

    [GeneratedRegex(
        @"(?<=`)(?<name>(spec|status|trainer|workers|model|data|optimization|parallelism|checkpoints|stability|runPolicy|scheduling)"
        + @"(\.[a-z][A-Za-z]*(\[\d*\])?)+)(?=[`:])",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Field();

    [GeneratedRegex(@"\b(?<name>mhc_(job|train|operator)_[a-z_]*[a-z])\b(?![_*])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Metric();

    [GeneratedRegex(
        @"(?<![\w/.:-])(?>(?<name>(bench|charts|crds|deploy|eng|examples|images|monitoring|native|src|tests)/[\w.-]+(/[\w.-]+)*))"
        + "(?<!NAME[.a-z]*)(?![*…])",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Name();
}
