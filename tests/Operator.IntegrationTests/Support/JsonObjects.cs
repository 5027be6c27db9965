using System.Text.Json.Nodes;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>What tests look up in objects.</summary>
internal static class JsonObjects
{
    public static string Name(this JsonObject item) => (string)item["metadata"]!["name"]!;

    public static string Uid(this JsonObject item) => (string)item["metadata"]!["uid"]!;

    public static JsonObject? Condition(this JsonObject job, string type) =>
        job["status"]?["conditions"]?.AsArray().Select(condition => condition!.AsObject())
            .FirstOrDefault(condition => (string?)condition["type"] == type);

    /// <summary>Environment of a pod's first container.</summary>
    public static string? Variable(this JsonObject pod, string name) =>
        (string?)pod["spec"]!["containers"]![0]!["env"]!.AsArray().FirstOrDefault(variable => (string?)variable!["name"] == name)?["value"];
}
