using System.Globalization;
using System.Text.Json;
using k8s.Models;
using MhcOperator.Operator.Clusters;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>A Warning about a pod, as somebody else has recorded it.</summary>
internal sealed class PodWarning : IMetadata<V1ObjectMeta>
{
    public required V1ObjectMeta Metadata { get; set; }

    public required ClusterEvent Event { get; init; }

    /// <summary>
    /// When it last happened: a recorder of the old kind says so, one of the new kind when it first did, or when its series last went on.
    /// </summary>
    public required DateTimeOffset At { get; init; }

    public static PodWarning Read(JsonElement json)
    {
        var metadata = json.GetProperty("metadata");
        var series = json.TryGetProperty("series", out var s) && s.ValueKind == JsonValueKind.Object ? Time(s, "lastObservedTime") : null;
        return new PodWarning
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = Text(metadata, "namespace"), Name = Text(metadata, "name") },
            Event = new ClusterEvent(IsWarning: true, Text(json, "reason") ?? "", (Text(json, "message") ?? "").Trim()),
            At = series ?? Time(json, "lastTimestamp") ?? Time(json, "eventTime") ?? Time(metadata, "creationTimestamp") ?? default,
        };
    }

    /// <summary>
    /// The newest, and the one before it where that says something else: a kubelet that has waited long enough for a volume says so, which
    /// hides what is wrong with it.
    /// </summary>
    public static ClusterEvent? Newest(IReadOnlyList<PodWarning> warnings)
    {
        var newest = warnings.OrderByDescending(w => w.At).Select(w => w.Event).DistinctBy(e => e.Message, StringComparer.Ordinal).Take(2)
            .ToList();
        var said = string.Join("; ", newest.Select(e => e.Message).Order(StringComparer.Ordinal));
        return newest.Count == 0 ? null : newest[0] with { Message = said };
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Time(JsonElement json, string name) =>
        DateTimeOffset.TryParse(Text(json, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
