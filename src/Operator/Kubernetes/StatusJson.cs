using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Json;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>
/// A status as it is sent. Empty texts are left out: an absent one reads the same, and an API server built with a newer
/// Go than it was written for takes an empty text for null and refuses the object.
/// </summary>
internal static class StatusJson
{
    public static JsonObject Of(MhcTrainingJobStatus status)
    {
        var json = JsonSerializer.SerializeToNode(status, ApiJsonContext.Default.MhcTrainingJobStatus)!.AsObject();
        LeaveOutEmptyTexts(json);
        return json;
    }

    private static void LeaveOutEmptyTexts(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                foreach (var name in fields.Where(
                    field => field.Value is JsonValue value && value.TryGetValue(out string? text) && text.Length == 0)
                        .Select(field => field.Key).ToList())
                {
                    fields.Remove(name);
                }

                foreach (var (_, value) in fields)
                {
                    LeaveOutEmptyTexts(value);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    LeaveOutEmptyTexts(item);
                }

                break;
        }
    }
}
