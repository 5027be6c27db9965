using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api.Validation;

namespace MhcOperator.Api.Manifests;

/// <summary>Reads jobs; never throws for what a manifest says.</summary>
public static class JobManifestReader
{
    /// <summary>Reads the JSON of one object, as the API server stores it.</summary>
    public static JobManifest FromJson(JsonObject json)
    {
        try
        {
            var job = json.Deserialize(ApiJsonContext.Default.MhcTrainingJob)!;
            return new JobManifest { Metadata = job.Metadata, Job = job, Status = job.Status };
        }
        catch (JsonException e)
        {
            return new JobManifest { Errors = [new FieldError(e.Path ?? "", e.Message)] };
        }
    }
}
