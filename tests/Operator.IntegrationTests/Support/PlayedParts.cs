using System.Globalization;
using System.Text.Json.Nodes;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>The parts of scheduler, kubelet and queue, played by the test.</summary>
internal static class PlayedParts
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The scheduler has found a node.</summary>
    public static Task PlaceAsync(this TestNamespace ns, JsonObject pod, string node) => ns.Api.CreateAsync(
        ns.Path("pods", pod.Name()) + "/binding",
        new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = pod.Name() },
            ["target"] = new JsonObject { ["kind"] = "Node", ["name"] = node }
        }, Cancel);

    /// <summary>The scheduler has found none, or has not been let to look (reason SchedulingGated).</summary>
    public static Task CannotPlaceAsync(this TestNamespace ns, JsonObject pod, string reason, string message) =>
        ns.SetConditionAsync(pod, "PodScheduled", "False", reason, message);

    /// <summary>Sets a condition of a pod, as whoever takes it away does first.</summary>
    public static Task SetConditionAsync(this TestNamespace ns, JsonObject pod, string type, string status, string reason,
        string message = "") => ns.Api.PatchStatusAsync(
        ns.Path("pods", pod.Name()),
        new JsonObject
        {
            ["conditions"] = new JsonArray(
            new JsonObject { ["type"] = type, ["status"] = status, ["reason"] = reason, ["message"] = message })
        }, Cancel);

    /// <summary>The kubelet cannot start a container.</summary>
    public static Task CannotStartAsync(this TestNamespace ns, JsonObject pod, string reason, string message) => ns.Api.MergeAsync(
        ns.Path("pods", pod.Name()) + "/status",
        new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["containerStatuses"] = new JsonArray(new JsonObject
                {
                    ["name"] = "trainer",
                    ["image"] = "i",
                    ["imageID"] = "i",
                    ["ready"] = false,
                    ["restartCount"] = 0,
                    ["state"] = new JsonObject { ["waiting"] = new JsonObject { ["reason"] = reason, ["message"] = message } },
                }),
            },
        }, Cancel);

    /// <summary>What the kubelet says of a pod's containers.</summary>
    public static Task TellAsync(this TestNamespace ns, JsonObject pod, string phase,
        params (string Name, JsonObject State)[] containers) => ns.TellAsync(pod, phase, first: null, containers);

    /// <summary>The same where one comes before them.</summary>
    public static Task TellAsync(this TestNamespace ns, JsonObject pod, string phase, (string Name, JsonObject State)? first,
        params (string Name, JsonObject State)[] containers) => ns.Api.MergeAsync(
        ns.Path("pods", pod.Name()) + "/status",
        new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["phase"] = phase,
                ["initContainerStatuses"] = new JsonArray([.. first is { } f ? [State(f)] : Array.Empty<JsonNode>()]),
                ["containerStatuses"] = new JsonArray([.. containers.Select(State)]),
            },
        }, Cancel);

    private static JsonNode State((string Name, JsonObject State) container) => new JsonObject
    {
        ["name"] = container.Name,
        ["image"] = "i",
        ["imageID"] = "i",
        ["ready"] = container.State.ContainsKey("running"),
        ["restartCount"] = 0,
        ["state"] = container.State.DeepClone(),
    };

    /// <summary>A node whose kubelet is heard of.</summary>
    public static async Task<string> MakeNodeAsync(this TestNamespace ns)
    {
        var name = $"node-{ns.Name}";
        await ns.Api.CreateAsync("api/v1/nodes", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, Cancel);
        await ns.SetReadyAsync(name, "True", DateTime.UtcNow);
        return name;
    }

    /// <summary>The node controller has noted whether a kubelet is heard of.</summary>
    public static Task SetReadyAsync(this TestNamespace ns, string node, string status, DateTime since) => ns.Api.MergeAsync(
        $"api/v1/nodes/{node}/status",
        new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject
                {
                    ["type"] = "Ready",
                    ["status"] = status,
                    ["lastTransitionTime"] = since.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
                }),
            },
        }, Cancel);

    /// <summary>What somebody does to a node: cordon or taint it.</summary>
    public static Task ChangeNodeAsync(this TestNamespace ns, string node, JsonObject spec) =>
        ns.Api.MergeAsync($"api/v1/nodes/{node}", new JsonObject { ["spec"] = spec }, Cancel);

    /// <summary>What a drain does to a pod.</summary>
    public static Task EvictAsync(this TestNamespace ns, JsonObject pod) => ns.Api.CreateAsync(
        ns.Path("pods", pod.Name()) + "/eviction",
        new JsonObject
        {
            ["apiVersion"] = "policy/v1beta1",
            ["kind"] = "Eviction",
            ["metadata"] = new JsonObject { ["name"] = pod.Name(), ["namespace"] = ns.Name }
        }, Cancel);

    public static Task<JsonObject> ChangeAsync(this TestNamespace ns, string job, JsonObject spec) =>
        ns.Api.MergeAsync(ns.Path("mhctrainingjobs", job), new JsonObject { ["spec"] = spec }, Cancel);

    /// <summary>Waits until the operator has certainly looked at everything that happened before.</summary>
    public static async Task OperatorHasGoneOnAsync(this TestNamespace ns)
    {
        var marker = $"marker{Guid.NewGuid().ToString("n")[..6]}";
        await ns.CreateJobAsync(JobBuilder.Make(marker).Replicas(1));
        await Eventually.HoldsAsync(async () => await ns.Api.FindAsync(ns.Path("pods", $"{marker}-1-0"), Cancel) is not null,
            "the operator has gone on", Cancel);
    }

    /// <summary>The kubelet has ended a pod that was to be deleted.</summary>
    public static Task ForgetAsync(this TestNamespace ns, JsonObject pod) => ns.Api.DeleteNowAsync(ns.Path("pods", pod.Name()), Cancel);
}
