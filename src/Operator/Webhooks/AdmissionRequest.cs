using System.Text.Json.Nodes;
using MhcOperator.Api;

namespace MhcOperator.Operator.Webhooks;

/// <summary>What an API server asks: the <c>request</c> of an AdmissionReview.</summary>
/// <param name="Uid">Names the request; the answer carries it.</param>
/// <param name="Operation">CREATE, UPDATE and so on.</param>
/// <param name="Target">Kind and subresource of what is written, for people; null: a job, which is what the rules are for.</param>
/// <param name="Object">The object as it is to be; null where it is deleted.</param>
/// <param name="OldObject">The object as it is stored; null where it is created.</param>
internal sealed record AdmissionRequest(string Uid, string Operation, string? Target, JsonObject? Object, JsonObject? OldObject)
{
    /// <summary>The one version of reviews that is spoken.</summary>
    public const string ReviewVersion = "admission.k8s.io/v1";

    /// <summary>Whether there is a job to look at: one that is created or updated, not its status and not its deletion.</summary>
    public bool IsAboutJob => Target is null && Object is not null && Operation is "CREATE" or "UPDATE";

    /// <exception cref="FormatException">It is no such review; the message says where.</exception>
    public static AdmissionRequest Of(JsonNode? review)
    {
        var root = review as JsonObject ?? throw new FormatException($"expected an AdmissionReview of {ReviewVersion}, got no JSON object");
        if (Text(root["apiVersion"]) is not ReviewVersion || Text(root["kind"]) is not "AdmissionReview")
        {
            throw new FormatException(
                $"expected an AdmissionReview of {ReviewVersion}, got {Text(root["kind"]) ?? "no kind"} of {Text(root["apiVersion"]) ?? "no apiVersion"}");
        }

        var request = root["request"] as JsonObject ?? throw new FormatException("request: expected an object");
        var uid = Text(request["uid"]) is { Length: > 0 } given ? given : throw new FormatException("request.uid: expected text");
        var operation = Text(request["operation"]) ?? throw new FormatException("request.operation: expected text, such as CREATE");
        return new AdmissionRequest(uid, operation, ForeignTarget(request), Part(request, "object"), Part(request, "oldObject"));
    }

    private static string? ForeignTarget(JsonObject request)
    {
        var kind = request["kind"] as JsonObject ?? throw new FormatException("request.kind: expected an object");
        var (group, version, name) = (Text(kind["group"]), Text(kind["version"]), Text(kind["kind"]));
        var subresource = Text(request["subResource"]);
        return (group, version, name) == (MhcTrainingJob.Group, MhcTrainingJob.Version, MhcTrainingJob.KindName)
            && string.IsNullOrEmpty(subresource)
            ? null
            : $"{group}/{version} {name}{(string.IsNullOrEmpty(subresource) ? "" : $"/{subresource}")}";
    }

    private static JsonObject? Part(JsonObject request, string name) => request[name] switch
    {
        null => null,
        JsonObject json => json,
        _ => throw new FormatException($"request.{name}: expected an object"),
    };

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
