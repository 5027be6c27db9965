using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation;

namespace Api.Tests.Validation;

public sealed class TemplateSecretsTests
{
    private const string Root = "spec.workers.template.spec.";

    private static IReadOnlyList<FieldError> Check(string spec, params string[] allowed) =>
        TemplateSecrets.Check(new JsonObject { ["spec"] = JsonNode.Parse(spec) }, allowed);

    [Theory]
    [InlineData("""{"volumes":[{"name":"a","emptyDir":{}},{"name":"b","secret":{"secretName":"s"}}]}""", "volumes[1].secret.secretName")]
    [InlineData("""{"volumes":[{"name":"a","projected":{"sources":[{"configMap":{"name":"c"}},{"secret":{"name":"s"}}]}}]}""",
        "volumes[0].projected.sources[1].secret.name")]
    [InlineData("""{"volumes":[{"name":"a","csi":{"driver":"d","nodePublishSecretRef":{"name":"s"}}}]}""",
        "volumes[0].csi.nodePublishSecretRef.name")]
    [InlineData("""{"volumes":[{"name":"a","azureFile":{"shareName":"x","secretName":"s"}}]}""", "volumes[0].azureFile.secretName")]
    [InlineData("""{"volumes":[{"name":"a","flexVolume":{"driver":"a/b","secretRef":{"name":"s"}}}]}""",
        "volumes[0].flexVolume.secretRef.name")]
    [InlineData("""{"containers":[{"name":"trainer","env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]}]}""",
        "containers[0].env[0].valueFrom.secretKeyRef.name")]
    [InlineData("""{"containers":[{"name":"trainer","envFrom":[{"secretRef":{"name":"s"}}]}]}""",
        "containers[0].envFrom[0].secretRef.name")]
    [InlineData("""{"initContainers":[{"name":"i","image":"i","envFrom":[{"secretRef":{"name":"s"}}]}]}""",
        "initContainers[0].envFrom[0].secretRef.name")]
    [InlineData("""{"imagePullSecrets":[{"name":"s"}]}""", "imagePullSecrets[0].name")]
    [InlineData("""{"volumes":[{"name":"a","secret":{"items":[]}}]}""", "volumes[0].secret")]
    [InlineData("""{"volumes":[{"name":"a","secret":{"secretName":5}}]}""", "volumes[0].secret.secretName")]
    [InlineData("""{"containers":[{"name":"trainer","env":[{"name":"A","valueFrom":{"tomorrowsSecretRef":{"name":"s"}}}]}]}""",
        "containers[0].env[0].valueFrom.tomorrowsSecretRef.name")]
    [InlineData("""{"fieldOfTomorrow":[{"secretName":"s"}]}""", "fieldOfTomorrow[0].secretName")]
    public void A_field_that_names_a_Secret_is_named_with_its_path(string spec, string path)
    {
        var error = Assert.Single(Check(spec));
        Assert.Equal(Root + path, error.Path);
        Assert.Contains("expected no Secret, got", error.Message, StringComparison.Ordinal);
        Assert.Contains("--forbid-secrets-in-templates", error.Message, StringComparison.Ordinal);
        Assert.Contains("expected no Secret but other, got", Assert.Single(Check(spec, "other")).Message, StringComparison.Ordinal);
        if (error.Message.Contains("\"s\"", StringComparison.Ordinal))
        {
            Assert.Empty(Check(spec, "other", "s"));
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(
        """{"nodeSelector":{"secret":"x"},"affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"podAffinityTerm":{"labelSelector":{"matchLabels":{"secretName":"x"}}}}]}}}""")]
    [InlineData(
        """{"volumes":[{"name":"secret","configMap":{"name":"my-secret"}},{"name":"c","csi":{"driver":"d","volumeAttributes":{"secretProviderClass":"x"}}}]}""")]
    [InlineData(
        """{"containers":[{"name":"secret","image":"secret","args":["secret"],"env":[{"name":"SECRET","value":"secret"}]}],"imagePullSecrets":[],"volumes":[{"name":"a","secret":null}]}""")]
    [InlineData("""{"containers":5,"volumes":["secret"],"imagePullSecrets":null}""")]
    public void What_names_none_is_allowed(string spec) => Assert.Empty(Check(spec));

    [Fact]
    public void A_template_without_a_spec_names_none() => Assert.Empty(TemplateSecrets.Check([], []));

    /// <summary>A way in that a newer Kubernetes adds is found when the table of fields is made anew.</summary>
    [Fact]
    public void Every_field_of_a_pod_that_has_to_do_with_a_Secret_is_found()
    {
        List<string> ways = [];
        Collect(PodFields.Spec, [], []);
        Assert.InRange(ways.Count, 15, 1000);

        void Collect(PodType type, List<(string Field, PodFieldShape Shape)> to, HashSet<string> above)
        {
            foreach (var (name, field) in type.Fields)
            {
                List<(string, PodFieldShape)> path = [.. to, (name, field.Shape)];
                if ((name + field.Kind).Contains("secret", StringComparison.OrdinalIgnoreCase) && name != "secretFile")
                {
                    ways.Add(name);
                    Assert.NotEmpty(TemplateSecrets.Check(new JsonObject { ["spec"] = Nest(path, field) }, []));
                }
                else if (field.Object is { } below && !above.Contains(below.Name))
                {
                    Collect(below, path, [.. above, type.Name]);
                }
            }
        }
    }

    private static JsonObject Nest(List<(string Field, PodFieldShape Shape)> path, PodField last)
    {
        JsonNode value = last.Object is null ? "s" : new JsonObject { ["name"] = "s" };
        foreach (var (field, shape) in Enumerable.Reverse(path))
        {
            value = new JsonObject { [field] = shape == PodFieldShape.List ? new JsonArray(value) : value };
        }

        return value.AsObject();
    }
}
