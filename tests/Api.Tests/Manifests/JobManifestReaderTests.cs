using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;

namespace Api.Tests.Manifests;

public sealed class JobManifestReaderTests
{
    [Fact]
    public void A_manifest_without_settings_gets_the_defaults_of_the_records()
    {
        var manifest = Assert.Single(JobManifestReader.FromYaml(Yaml("spec: {}"), "a.yaml"));

        Assert.Empty(manifest.Errors);
        Assert.Equal(Serialize(new MhcTrainingJobSpec()), Serialize(manifest.Job!.Spec));
        Assert.Equal("quickstart", manifest.Metadata.Name);
    }

    [Fact]
    public void An_object_from_the_server_is_read_with_its_metadata_and_status()
    {
        var json = JsonNode.Parse("""
            {"apiVersion":"training.mhc.dev/v1alpha1","kind":"MhcTrainingJob",
             "metadata":{"name":"a","namespace":"b","uid":"u-1","resourceVersion":"17","generation":3,"creationTimestamp":"2026-01-02T03:04:05Z",
               "labels":{"app.kubernetes.io/name":"x"},"finalizers":["f"],"futureField":{"x":1},
               "ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"o","controller":true}],
               "managedFields":[{"manager":"kubectl","operation":"Apply","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{".":{}}}}]},
             "spec":{"workers":{"replicas":2,"template":{"spec":{"nodeSelector":{"a":"b"}}}}},
             "status":{"attempt":2,"phase":"Running","conditions":[{"type":"Valid","status":"True","lastTransitionTime":"2026-01-02T03:04:05Z","reason":"R","message":"m"}],
               "rollbacks":[{"attempt":1,"reason":"LossSpike"}],"rollbackCount":1}}
            """)!.AsObject();
        var before = json.ToJsonString();

        var manifest = JobManifestReader.FromJson(json);

        Assert.Empty(manifest.Errors);
        Assert.Equal(before, json.ToJsonString());
        Assert.Equal("u-1", manifest.Metadata.Uid);
        Assert.Equal(3, manifest.Metadata.Generation);
        Assert.Equal(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), manifest.Metadata.CreationTimestamp);
        Assert.Equal("x", manifest.Metadata.Labels["app.kubernetes.io/name"]);
        Assert.True(Assert.Single(manifest.Metadata.OwnerReferences).Controller);
        Assert.Equal(2, manifest.Job!.Spec.Workers.Replicas);
        Assert.Equal("b", (string?)manifest.Job.Spec.Workers.Template!["spec"]!["nodeSelector"]!["a"]);
        Assert.Equal(2, manifest.Job.Status!.Attempt);
        Assert.Equal("Valid", Assert.Single(manifest.Job.Status.Conditions).Type);
        Assert.Equal(1, manifest.Job.Status.RollbackCount);
    }

    private static string Yaml(string rest) => $"""
        apiVersion: training.mhc.dev/v1alpha1
        kind: MhcTrainingJob
        metadata:
          name: quickstart
        {rest}
        """;

    private static string Serialize(MhcTrainingJobSpec spec) => System.Text.Json.JsonSerializer.Serialize(spec, ApiJsonContext.Default.MhcTrainingJobSpec);
}
