using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Where a manifest goes.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Key">Its name.</param>
/// <param name="Job">Job that it is for.</param>
internal sealed record Target(IWatchedKind Kind, ObjectKey Key, JobKey Job)
{
    /// <exception cref="ArgumentException">The manifest is of no known kind, or has no name, namespace or job label.</exception>
    public static Target Of(JsonObject manifest, IReadOnlyDictionary<string, IWatchedKind> kinds)
    {
        var kind = (string?)manifest["kind"] ?? "";
        var metadata = manifest["metadata"] as JsonObject;
        return kinds.TryGetValue(kind, out var watched)
            && (string?)metadata?["name"] is { Length: > 0 } name
            && (string?)metadata["namespace"] is { Length: > 0 } ns
            && (string?)(metadata["labels"] as JsonObject)?[Labels.Job] is { Length: > 0 } job
            ? new Target(watched, new ObjectKey(ns, name), new JobKey(ns, job))
            : throw new ArgumentException($"a manifest needs one of the kinds {string.Join(", ", kinds.Keys)}, a name, a namespace and the label {Labels.Job}: {manifest.ToJsonString()}", nameof(manifest));
    }
}
