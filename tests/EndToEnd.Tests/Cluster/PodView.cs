using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Cluster;

/// <summary>A pod as kubectl shows it.</summary>
internal sealed class PodView(JsonNode json)
{
    public string Name => (string)json["metadata"]!["name"]!;

    public string Uid => (string)json["metadata"]!["uid"]!;

    /// <summary>How often the kubelet has started its first container again.</summary>
    public int ContainerRestarts => (int?)json["status"]?["containerStatuses"]?[0]?["restartCount"] ?? 0;

    public string? Phase => (string?)json["status"]?["phase"];

    /// <summary>A variable of its first container.</summary>
    public string? EnvironmentOf(string variable) =>
        (string?)json["spec"]!["containers"]![0]!["env"]!.AsArray().Single(entry => (string?)entry!["name"] == variable)!["value"];

    public override string ToString() => $"{Name} {Phase}";
}
