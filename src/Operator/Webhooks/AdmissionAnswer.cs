using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Errors;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Webhooks;

/// <summary>What an API server is told.</summary>
internal sealed record AdmissionAnswer
{
    /// <summary>An API server takes no longer answer than 3 MiB; one that it does not take would let the object through.</summary>
    private const int MostFindings = 100;

    private AdmissionAnswer()
    {
    }

    /// <summary>Whether the object may be stored.</summary>
    public bool Allowed { get; private init; }

    /// <summary>The <c>status</c> of a refusal, in the form of the server's own: <c>kubectl</c> prints a line for each cause.</summary>
    public JsonObject? Status { get; private init; }

    /// <summary>Lines that <c>kubectl</c> prints although the object is stored.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>JSON patch; empty: the object stays as it is.</summary>
    public JsonArray Patch { get; private init; } = [];

    public static AdmissionAnswer Allow(params IEnumerable<string> warnings) =>
        new() { Allowed = true, Warnings = [.. warnings.Take(MostFindings)] };

    public static AdmissionAnswer Change(JsonArray patch) => new() { Allowed = true, Patch = patch };

    /// <param name="name">Name of the job.</param>
    /// <param name="errors">Everything that is wrong with it.</param>
    public static AdmissionAnswer Refuse(string? name, IReadOnlyList<FieldError> errors)
    {
        var causes = errors.Take(MostFindings).Select(error => Cause(error.Path, error.Message)).ToList();
        if (errors.Count > MostFindings)
        {
            causes.Add(Cause("spec", string.Create(CultureInfo.InvariantCulture, $"and {errors.Count - MostFindings} more")));
        }

        return new AdmissionAnswer
        {
            Status = new JsonObject
            {
                ["status"] = "Failure",
                ["code"] = 422,
                ["reason"] = "Invalid",
                ["message"] = ConditionText.Message(string.Join("; ", errors.Take(MostFindings))),
                ["details"] = new JsonObject
                {
                    ["group"] = MhcTrainingJob.Group,
                    ["kind"] = MhcTrainingJob.KindName,
                    ["name"] = name,
                    ["causes"] = new JsonArray([.. causes]),
                },
            },
        };
    }

    /// <summary>The whole review.</summary>
    /// <param name="uid">Of the request.</param>
    public JsonObject Review(string uid)
    {
        var response = new JsonObject { ["uid"] = uid, ["allowed"] = Allowed };
        if (Status is not null)
        {
            response["status"] = Status.DeepClone();
        }

        if (Warnings.Count > 0)
        {
            response["warnings"] = new JsonArray([.. Warnings.Select(warning => (JsonNode)warning)]);
        }

        if (Patch.Count > 0)
        {
            response["patchType"] = "JSONPatch";
            response["patch"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Patch.ToJsonString()));
        }

        return new JsonObject { ["apiVersion"] = AdmissionRequest.ReviewVersion, ["kind"] = "AdmissionReview", ["response"] = response };
    }

    private static JsonObject Cause(string field, string message) =>
        new() { ["reason"] = "FieldValueInvalid", ["field"] = field, ["message"] = ConditionText.Message(message) };
}
