using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MhcOperator.Api.Yaml;

namespace Monitoring.Tests.Support;

/// <summary>One rule of monitoring/rules.yaml, or of the chart's sources, that alarms.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rule">The rule as it stands there.</param>
internal sealed partial record Alert(string Name, JsonObject Rule)
{
    public string Expression => (string)Rule["expr"]!;

    public string? Severity => (string?)Rule["labels"]?["severity"];

    public string Annotation(string name) => (string?)Rule["annotations"]?[name] ?? "";

    /// <summary>Those that the chart renders by default.</summary>
    public static IReadOnlyList<Alert> All() =>
        [.. Rules(Read("monitoring/rules.yaml")).Where(rule => rule.ContainsKey("alert"))
            .Select(rule => new Alert((string)rule["alert"]!, rule))];

    public static IEnumerable<JsonObject> Rules(JsonNode file) =>
        file["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!.AsObject());

    /// <summary>A YAML file of the repository.</summary>
    public static JsonNode Read(string file) => Parse(File.ReadAllText(Repository.PathOf(file)));

    public static JsonNode Parse(string yaml)
    {
        var document = YamlReader.Read(yaml)[0];
        Assert.Empty(document.Errors);
        return document.Root!;
    }

    /// <summary>The names of our metrics in a text; what is recorded is not one.</summary>
    public static IEnumerable<string> Metrics(string text) =>
        MetricName().Matches(text).Select(match => match.Value).Distinct(StringComparer.Ordinal);

    [GeneratedRegex(@"(?<![\w:])(mhc_(operator|job|train)|process|dotnet)_\w+(?![\w:])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MetricName();
}
