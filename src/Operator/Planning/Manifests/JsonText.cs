using System.Text.Json.Nodes;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>Small pieces of JSON.</summary>
internal static class JsonText
{
    public static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode?)JsonValue.Create(t))]);
}
