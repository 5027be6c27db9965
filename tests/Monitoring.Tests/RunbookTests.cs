using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MhcOperator.Testing.Programs;
using Monitoring.Tests.Support;

namespace Monitoring.Tests;

/// <summary>docs/runbooks: a page for each alert, which says what is so.</summary>
public sealed partial class RunbookTests
{
    private static readonly string[] KubectlVersions = ["4", "3.8"];

    private static readonly JsonNode Definition =
        Alert.Read("crds/mhctrainingjobs.training.mhc.dev.yaml")["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!;

    public static TheoryData<string> Pages() => [.. Runbook.All().Select(page => page.Name)];

    public static TheoryData<string> Commands() =>
        [.. Runbook.All().SelectMany(page => page.Commands).Select(Kind).Distinct(StringComparer.Ordinal)];

    [Fact]
    public void Each_alert_has_a_page_and_each_page_an_alert() =>
        Assert.Equal(Alert.All().Select(alert => alert.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
            Runbook.All().Select(page => page.Name));

    [Theory, MemberData(nameof(Pages))]
    public void A_page_says_what_it_means_what_it_does_how_to_look_and_what_to_do(string name)
    {
        var page = Runbook.All().Single(p => p.Name == name);

        Assert.StartsWith($"# {name}\n", page.Text, StringComparison.Ordinal);
        Assert.Equal(["Meaning", "Impact", "Diagnosis", "Mitigation"], page.Headings);
        Assert.NotEmpty(page.Commands);
        Assert.All(page.Links, link => Assert.True(File.Exists(Path.Combine(Runbook.Folder, link)), link));
        Assert.All(page.Fields, field => Assert.True(IsField(field), field));
        Assert.All(page.Commands.Where(c => c.Contains("patch mhcjob", StringComparison.Ordinal)),
            command => Assert.All(Paths(Patch(command)), path => Assert.True(IsField(path), path)));
    }

    [Fact]
    public void Every_metric_of_the_pages_is_one_that_is_served()
    {
        var served = Alert.Metrics(
            string.Concat(
                ((string[])["docs/metrics.md", "docs/trainer-contract.md"]).Select(
                    file => File.ReadAllText(Repository.PathOf(file))))).ToHashSet(StringComparer.Ordinal);
        Assert.All(Runbook.All().SelectMany(page => Alert.Metrics(page.Text)), metric => Assert.Contains(metric, served));
    }

    /// <summary>By the oldest and the newest kubectl, and by mhc itself.</summary>
    [Theory, MemberData(nameof(Commands))]
    public async Task A_command_has_only_options_that_its_program_knows(string kind)
    {
        var commands = Runbook.All().SelectMany(page => page.Commands).Where(command => Kind(command) == kind).Select(Runbook.Words)
            .ToList();
        foreach (var help in await HelpAsync(kind))
        {
            var known = Option().Matches(help).Select(match => match.Value.TrimEnd('=')).ToHashSet(StringComparer.Ordinal);
            var given = commands.SelectMany(words => words.Skip(1)).Where(word => word.StartsWith('-') && word != "--")
                .Select(word => word.Split('=')[0]);
            Assert.All(given, option => Assert.Contains(option, known));
        }
    }

    [Fact]
    public void The_list_of_pages_is_that_of_the_alerts()
    {
        var page = new StringBuilder("""
            # Runbooks

            What each alert means, what it costs, how to look and what to do.
            Generated from [monitoring/rules.yaml](../../monitoring/rules.yaml); [monitoring](../monitoring.md) says how to turn the alerts on.
            In commands, NAMESPACE, JOB, ATTEMPT, POD and NODE stand for yours; the operator is the release `mhc-operator` in `mhc-system`.

            | alert | severity | for | |
            |---|---|---|---|

            """);
        foreach (var group in Alert.All().GroupBy(alert => alert.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var (severity, time) = (string.Join(", ", group.Select(a => a.Severity)),
                string.Join(", ", group.Select(a => (string?)a.Rule["for"] ?? "at once").Distinct(StringComparer.Ordinal)));
            page.Append(
                $"| [{group.Key}]({group.Key}.md) | {severity} | {time} | {string.Join(' ', group.Select(a => a.Annotation("summary")))} |\n");
        }

        Repository.HoldUpToDate("docs/runbooks/README.md", page.ToString());
    }

    /// <summary>The program and its subcommands.</summary>
    private static string Kind(string command)
    {
        var words = Runbook.Words(command).ToList();
        for (var at = words.IndexOf("-n"); at == 1; at = words.IndexOf("-n"))
        {
            words.RemoveRange(at, 2);
        }

        return words[0] switch
        {
            "kubectl" when words[1] is "auth" or "rollout" or "top" => $"kubectl {words[1]} {words[2]}",
            "curl" => "curl",
            _ => $"{words[0]} {words[1]}",
        };
    }

    private static async Task<IReadOnlyList<string>> HelpAsync(string kind)
    {
        var words = kind.Split(' ');
        if (words[0] == "curl")
        {
            return ["-s"];
        }

        if (words[0] == "mhc")
        {
            return [(await External.RunAsync(Repository.ProgramOf("Cli", "mhc"), [.. words.Skip(1), "--help"])).Output];
        }

        Assert.Equal("kubectl", words[0]);
        List<string> helps = [];
        foreach (var version in KubectlVersions)
        {
            var help = await Helm.KubectlAsync(version, [.. words.Skip(1), "--help"]);
            Assert.True(help.ExitCode == 0, help.Said);
            helps.Add(help.Output + (await Helm.KubectlAsync(version, "options")).Output);
        }

        return helps;
    }

    private static JsonObject Patch(string command)
    {
        var words = Runbook.Words(command);
        return JsonNode.Parse(Placeholder().Replace(words[words.ToList().IndexOf("-p") + 1], "1"))!.AsObject();
    }

    private static IEnumerable<string> Paths(JsonNode patch, string at = "") =>
        patch is JsonObject fields
            ? fields.SelectMany(field => Paths(field.Value!, at.Length == 0 ? field.Key : $"{at}.{field.Key}")) : [at];

    private static bool IsField(string path) =>
        (path.StartsWith("spec.", StringComparison.Ordinal) || path.StartsWith("status.", StringComparison.Ordinal) ? path
            : $"spec.{path}").Split('.')
        .Aggregate((JsonNode?)Definition,
            (schema, name) => schema?["properties"]?[name] ?? schema?["items"]?["properties"]?[name]) is not null;

    [GeneratedRegex(@"(?<![\w-])--?[a-zA-Z][\w-]*=?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Option();

    [GeneratedRegex(@"(?<=:)[A-Z]+(?=\})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholder();
}
