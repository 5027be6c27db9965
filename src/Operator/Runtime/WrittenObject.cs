using System.Text.Json;
using k8s.Models;

namespace MhcOperator.Operator.Runtime;

/// <summary>
/// What is read of the answer to a write: the watch brings the rest. The server has less to say, and the operator less to read, if only
/// that is asked for.
/// </summary>
internal sealed class WrittenObject : IMetadata<V1ObjectMeta>
{
    /// <summary>Asks for metadata only; a server that cannot tell it alone tells everything.</summary>
    public const string Form = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

    public required V1ObjectMeta Metadata { get; set; }

    public static WrittenObject Read(JsonElement json)
    {
        var metadata = json.GetProperty("metadata");
        return new WrittenObject
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = Text(metadata, "namespace"),
                Name = Text(metadata, "name"),
                ResourceVersion = Text(metadata, "resourceVersion"),
            },
        };
    }

    private static string? Text(JsonElement metadata, string name) =>
        metadata.TryGetProperty(name, out var value) ? value.GetString() : null;
}
