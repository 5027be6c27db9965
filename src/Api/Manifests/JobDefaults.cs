using System.Text.Json.Nodes;
using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Manifests;

/// <summary>
/// Finds which defaults an object does not spell out: those of the resource definition. A default that follows other fields
/// (<c>model.keyValueHeads</c> as many as <c>heads</c>) is none of them: written down, it would stay what it was when its fields change.
/// </summary>
public static class JobDefaults
{
    /// <summary>
    /// A JSON patch (RFC 6902) that writes them; empty where all are there. What has a wrong type is left for validation to name.
    /// </summary>
    /// <param name="job">The object; it is not changed.</param>
    public static JsonArray Patch(JsonObject job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var patch = new JsonArray();
        foreach (var (_, _, pointer, value) in SchemaDefaults.Missing(job["spec"], JobSchema.Spec, "/spec"))
        {
            patch.Add((JsonNode)new JsonObject { ["op"] = "add", ["path"] = pointer, ["value"] = value });
        }

        return patch;
    }
}
