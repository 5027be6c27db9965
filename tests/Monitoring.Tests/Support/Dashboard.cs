using System.Text.Json.Nodes;

namespace Monitoring.Tests.Support;

/// <summary>A dashboard of the chart.</summary>
/// <param name="Name">Name of its file.</param>
/// <param name="Json">What Grafana imports.</param>
internal sealed record Dashboard(string Name, JsonObject Json)
{
    public static string Folder => Path.Combine(Repository.Root, "charts", "mhc-operator", "dashboards");

    public static IReadOnlyList<Dashboard> All() =>
        [.. Directory.EnumerateFiles(Folder, "*.json").Order(StringComparer.Ordinal)
            .Select(file => new Dashboard(Path.GetFileName(file), JsonNode.Parse(File.ReadAllText(file))!.AsObject()))];

    public IEnumerable<JsonObject> Variables => Json["templating"]!["list"]!.AsArray().Select(variable => variable!.AsObject());

    /// <summary>Panels that show something; rows only divide.</summary>
    public IEnumerable<JsonObject> Panels =>
        Json["panels"]!.AsArray().Select(panel => panel!.AsObject()).Where(panel => (string?)panel["type"] != "row");

    /// <summary>What is asked of Prometheus, and by whom.</summary>
    public IEnumerable<(string Panel, string Query)> Queries =>
        Panels.SelectMany(panel => panel["targets"]!.AsArray().Select(target => ((string)panel["title"]!, (string)target!["expr"]!)))
            .Concat(Json["annotations"]!["list"]!.AsArray().Where(annotation => annotation!["expr"] is not null)
            .Select(annotation => ((string)annotation!["name"]!, (string)annotation["expr"]!)));
}
