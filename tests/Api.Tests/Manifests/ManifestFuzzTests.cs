using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Manifests;
using MhcOperator.Testing.Fuzzing;

namespace Api.Tests.Manifests;

/// <summary>What anybody may hand to the readers: never an exception, a hang, or memory out of proportion.</summary>
public sealed class ManifestFuzzTests
{
    [Fact]
    public void No_file_is_more_than_jobs_and_errors_with_places() => Fuzzer.Run("manifests", 64 << 20, text =>
    {
        var manifests = JobManifestReader.FromYaml(text, "job.yaml");

        Assert.NotEmpty(manifests);
        Assert.All(manifests.SelectMany(m => m.Errors),
            e => Assert.True(e is { Path.Length: > 0, Line: > 0, File: "job.yaml" }, e.ToString()));
        Assert.All(manifests, m => Assert.True(m.Job is not null || m.Errors.Count > 0));
    });

    [Fact]
    public void No_object_of_a_server_is_more_than_a_job_or_errors() => Fuzzer.Run("messages", 64 << 20, text =>
    {
        if (Parse(text) is { } json)
        {
            var manifest = JobManifestReader.FromJson(json);
            Assert.True(manifest.Job is not null || manifest.Errors.Count > 0);
        }
    });

    [Fact]
    public void No_kept_status_is_more_than_a_status_and_errors() => Fuzzer.Run("messages", 64 << 20, text =>
    {
        if (Parse(text) is not { } json)
        {
            return;
        }

        try
        {
            Assert.NotNull(JobManifestReader.ReadStatus(json).Status);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return; // the documented ones: what JSON text can say but no document can hold
        }
    });

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
