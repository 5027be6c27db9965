using System.Text.Json.Nodes;
using k8s.Models;

namespace MhcOperator.Operator.Clusters;

/// <summary>The NetworkPolicy of a job's pods, as the cluster has it.</summary>
/// <param name="spec">Its spec.</param>
public sealed class JobNetworkPolicy(JsonObject spec) : IMetadata<V1ObjectMeta>
{
    /// <summary>Name, labels, owner.</summary>
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>Whether it says what a manifest's spec says. Fields that the manifest does not name are the server's defaults.</summary>
    public bool Says(JsonObject wanted) => Covers(spec, wanted);

    private static bool Covers(JsonNode? stored, JsonNode? wanted) => (stored, wanted) switch
    {
        (JsonObject has, JsonObject asked) => asked.All(field => Covers(has[field.Key], field.Value)),
        (JsonArray has, JsonArray asked) => has.Count == asked.Count && has.Zip(asked).All(pair => Covers(pair.First, pair.Second)),
        _ => JsonNode.DeepEquals(stored, wanted),
    };
}
