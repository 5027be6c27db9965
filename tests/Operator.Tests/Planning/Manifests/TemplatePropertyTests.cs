using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using k8s;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Planning.Policies;
using MhcOperator.Testing.PodSecurity;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

/// <summary>
/// Holds for any template: random fields of a pod, with values of their types and of others, nulls, directives and misspelt names.
/// </summary>
public sealed class TemplatePropertyTests
{
    private static readonly string[] Texts =
    [
        "", "a", "trainer", "trainer-0", "trainer-1", "checkpoints", "shm", "side", "config", "ALL", "NET_BIND_SERVICE", "RuntimeDefault",
        "Localhost",
        "Unconfined", "container_t", "spc_t", "default", "delete", "replace", "10Gi", "1e3", "../x", "/data", "$(A)", "a\0b",
        "\u001b[31m", "ä",
    ];

    [Fact]
    public void A_valid_job_makes_a_pod_of_kubernetes_types_and_one_that_is_allowed_meets_the_restricted_standard() => Check(seed =>
    {
        var random = new Random(seed);
        var devices = random.Next(1, 3);
        var template = new JsonObject { ["spec"] = Object(PodFields.Spec, random, 5) };
        var manifest = JobManifestReader.FromJson(new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "job", ["namespace"] = "ns", ["uid"] = "u-1" },
            ["spec"] = new JsonObject { ["workers"] = new JsonObject { ["devicesPerWorker"] = devices, ["template"] = template } },
        });
        var allowed = JobErrors.Of(manifest, new TemplateRules()).Count == 0;
        if (JobErrors.Of(manifest, TemplateRules.Anything).Count > 0)
        {
            Assert.False(allowed);
            return;
        }

        var pod = PodManifest.For(manifest.Job!, new MhcTrainingJobStatus { Attempt = 1 }, worker: 0, new OperatorOptions());
        var typed = KubernetesJson.Deserialize<V1Pod>(pod.ToJsonString());
        Assert.Equal(
            devices, typed.Spec.Containers.Count(
                c => c.Name == "trainer" || (devices > 1 && c.Name.StartsWith("trainer-", StringComparison.Ordinal))));
        Assert.DoesNotContain("$patch", pod.ToJsonString(), StringComparison.Ordinal);
        if (allowed)
        {
            Assert.Empty(PodTemplatePrivileges.CheckPod(pod));
            Assert.Empty(RestrictedStandard.Check(pod));
            Assert.False(typed.Spec.AutomountServiceAccountToken);
            Assert.All(typed.Spec.Volumes ?? [],
                v => Assert.All(v.Projected?.Sources ?? [], s => Assert.Null((object?)s.ServiceAccountToken ?? s.PodCertificate)));
        }

        if (JobErrors.Of(manifest, new TemplateRules(AllowPrivileged: true, Secrets: [])).Count == 0)
        {
            Assert.All(typed.Spec.Volumes ?? [], v =>
            {
                Assert.Null(v.Secret?.SecretName ?? v.Csi?.NodePublishSecretRef?.Name ?? v.AzureFile?.SecretName
                    ?? v.FlexVolume?.SecretRef?.Name);
                Assert.All(v.Projected?.Sources ?? [], s => Assert.Null(s.Secret));
            });
            Assert.All(typed.Spec.Containers.Concat(typed.Spec.InitContainers ?? []), c =>
            {
                Assert.All(c.Env ?? [], e => Assert.Null(e.ValueFrom?.SecretKeyRef));
                Assert.All(c.EnvFrom ?? [], e => Assert.Null(e.SecretRef));
            });
            Assert.Empty(typed.Spec.ImagePullSecrets ?? []);
        }
    });

    private static JsonObject Object(PodType type, Random random, int depth)
    {
        var json = new JsonObject();
        var names = type.Fields.Keys.Order(StringComparer.Ordinal).ToArray();
        string[] likely = [.. names.Where(n => n is "name" or "containers" or "volumes" or "securityContext" or "env" or "image")];
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var name = likely.Length > 0 && random.Next(2) == 0 ? random.GetItems(likely, 1)[0] : random.GetItems(names, 1)[0];
            json[random.Next(40) == 0 ? name + "x" : name] = Field(type.Fields[name], random, depth);
        }

        if (likely.Contains("name", StringComparer.Ordinal) && random.Next(8) > 0)
        {
            json["name"] ??= random.GetItems(Texts, 1)[0];
        }

        if (random.Next(20) == 0)
        {
            json["$patch"] = random.Next(2) == 0 ? "delete" : "replace";
        }

        return json;
    }

    private static JsonNode? Field(PodField field, Random random, int depth) => (random.Next(20), field.Shape) switch
    {
        (0, _) => null,
        (1, _) => Any(random),
        (_, PodFieldShape.List) => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => Value(field, random, depth))]),
        (_, PodFieldShape.Map) =>
            new JsonObject([.. Enumerable.Range(0, random.Next(2)).Select(_ => KeyValuePair.Create("cpu", Value(field, random, depth)))]),
        _ => Value(field, random, depth),
    };

    private static JsonNode? Value(PodField field, Random random, int depth) => field switch
    {
        { Object: { } type } => depth == 0 ? new JsonObject() : Object(type, random, depth - 1),
        { Kind: "integer" or "number" } => random.Next(3) == 0 ? 0 : random.Next(1, 99999),
        { Kind: "boolean" } => random.Next(2) == 0,
        { Kind: "quantity" } => random.GetItems(["1", "500m", "10Gi", "1e3", "-1", "1e400", "0.0000000001"], 1)[0],
        { Kind: "time" } => random.GetItems(["2026-01-31T12:00:00Z", "2026-13-31T12:00:00Z", "side"], 1)[0],
        { Kind: "intOrString" } => random.Next(2) == 0 ? 8080 : "http",
        _ => random.GetItems(Texts, 1)[0],
    };

    private static JsonNode? Any(Random random) => random.Next(6) switch
    {
        0 => 5,
        1 => 1.5,
        2 => true,
        3 => new JsonArray("a", 7),
        4 => new JsonObject { ["a"] = 1 },
        _ => "text",
    };

    private static void Check(Action<int> holds) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
