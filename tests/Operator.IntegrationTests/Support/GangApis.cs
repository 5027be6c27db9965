using System.Text.Json.Nodes;
using MhcOperator.Testing.Kubernetes;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>
/// The resources of gang schedulers, with as much of their published schema as the operator fills in; anything else in a spec is refused.
/// </summary>
internal static class GangApis
{
    private static readonly JsonObject Gang = Object(("minCount", Of("integer")));

    public static Task InstallCoschedulingAsync(TestApi api, CancellationToken cancel) => InstallAsync(
        api, "scheduling.x-k8s.io", "v1alpha1", "PodGroup", Object(("minMember", Of("integer")), ("scheduleTimeoutSeconds", Of("integer"))),
        cancel);

    public static Task InstallVolcanoAsync(TestApi api, CancellationToken cancel) => InstallAsync(
        api, "scheduling.volcano.sh", "v1beta1", "PodGroup",
        Object(("minMember", Of("integer")), ("queue", Of("string")), ("priorityClassName", Of("string"))), cancel);

    /// <summary>The first form of the native API (Kubernetes 1.35).</summary>
    public static Task InstallWorkloadsAsync(TestApi api, CancellationToken cancel) => InstallAsync(
        api, "scheduling.k8s.io", "v1alpha1", "Workload",
        Object(
            ("controllerRef", Object(("apiGroup", Of("string")), ("kind", Of("string")), ("name", Of("string")))),
            ("podGroups", List(Object(("name", Of("string")), ("policy", Object(("gang", Gang))))))),
        cancel);

    /// <summary>The second one (Kubernetes 1.36).</summary>
    public static Task InstallNativePodGroupsAsync(TestApi api, CancellationToken cancel) => InstallAsync(
        api, "scheduling.k8s.io", "v1alpha2", "PodGroup", Object(("schedulingPolicy", Object(("gang", Gang)))), cancel);

    private static async Task InstallAsync(TestApi api, string group, string version, string kind, JsonObject spec,
        CancellationToken cancel)
    {
        var plural = kind.ToLowerInvariant() + "s";
        await api.ApplyAsync($"apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.{group}",
            Definition(group, version, kind, plural, spec), cancel);
        await Eventually.HoldsAsync(() => api.ExistsAsync($"apis/{group}/{version}/{plural}", cancel), $"{plural} are served", cancel);
    }

    private static JsonObject Definition(string group, string version, string kind, string plural, JsonObject spec) => new()
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject
        {
            ["name"] = $"{plural}.{group}",
            ["annotations"] = new JsonObject { ["api-approved.kubernetes.io"] = "unapproved, a stand-in for tests" },
        },
        ["spec"] = new JsonObject
        {
            ["group"] = group,
            ["scope"] = "Namespaced",
            ["names"] = new JsonObject { ["kind"] = kind, ["plural"] = plural, ["singular"] = kind.ToLowerInvariant() },
            ["versions"] = new JsonArray(new JsonObject
            {
                ["name"] = version,
                ["served"] = true,
                ["storage"] = true,
                ["schema"] = new JsonObject { ["openAPIV3Schema"] = Object(("spec", spec)) },
            }),
        },
    };

    private static JsonObject Of(string type) => new() { ["type"] = type };

    private static JsonObject List(JsonObject items) => new() { ["type"] = "array", ["items"] = items.DeepClone() };

    private static JsonObject Object(params (string Name, JsonObject Schema)[] fields) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(fields.Select(f => KeyValuePair.Create<string, JsonNode?>(f.Name, f.Schema.DeepClone()))),
    };
}
