using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Where a manifest goes.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Key">Its name.</param>
/// <param name="Job">Job that it is for.</param>
internal sealed record Target(IWatchedKind Kind, NamespacedName Key, NamespacedName Job)
{
    /// <param name="manifest">Object to write.</param>
    /// <param name="kind">Its kind; null: unknown.</param>
    /// <exception cref="ArgumentException">The manifest is of no known kind, or has no name, namespace or job label.</exception>
    public static Target Of(JsonObject manifest, IWatchedKind? kind)
    {
        var metadata = manifest["metadata"] as JsonObject;
        return kind is not null
            && (string?)metadata?["name"] is { Length: > 0 } name
            && (string?)metadata["namespace"] is { Length: > 0 } ns
            && (string?)(metadata["labels"] as JsonObject)?[Labels.Job] is { Length: > 0 } job
            ? new Target(kind, new NamespacedName(ns, name), new NamespacedName(ns, job))
            : throw new ArgumentException(
                $"a manifest needs a known kind, a name, a namespace and the label {Labels.Job}: {manifest.ToJsonString()}",
                nameof(manifest));
    }
}
