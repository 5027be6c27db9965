using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Cluster;

/// <summary>A job as kubectl shows it.</summary>
internal sealed class JobView(JsonNode json)
{
    public int Attempt => (int?)json["status"]?["attempt"] ?? 0;

    public int Restarts => (int?)json["status"]?["restarts"] ?? 0;

    public int RestartsInPlace => (int?)json["status"]?["inPlace"]?["restarts"] ?? 0;

    public int RestartedInPlaceAtStep => (int?)json["status"]?["inPlace"]?["atStep"] ?? 0;

    public int Step => (int?)json["status"]?["progress"]?["step"] ?? 0;

    public int LatestCheckpoint => (int?)json["status"]?["checkpoints"]?["latest"] ?? 0;

    public IReadOnlyList<JsonNode> Rollbacks => [.. (json["status"]?["rollbacks"]?.AsArray() ?? []).Select(item => item!)];

    public bool HasSucceeded => IsTrue("Succeeded");

    public bool HasFailed => IsTrue("Failed");

    public bool IsTrue(string condition) => StatusOf(condition) == "True";

    public bool IsFalse(string condition) => StatusOf(condition) == "False";

    public string MessageOf(string condition) => (string?)Find(condition)?["message"] ?? "";

    public override string ToString() => json["status"]?.ToJsonString() ?? "a job without a status";

    private string? StatusOf(string condition) => (string?)Find(condition)?["status"];

    private JsonNode? Find(string condition) =>
        (json["status"]?["conditions"]?.AsArray() ?? []).FirstOrDefault(item => (string?)item!["type"] == condition);
}
