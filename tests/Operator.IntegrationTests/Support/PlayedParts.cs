using System.Text.Json.Nodes;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>The parts of scheduler, kubelet and queue, played by the test.</summary>
internal static class PlayedParts
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The scheduler has found a node.</summary>
    public static Task PlaceAsync(this TestNamespace ns, JsonObject pod, string node) => ns.Api.CreateAsync(
        ns.Path("pods", pod.Name()) + "/binding",
        new JsonObject { ["metadata"] = new JsonObject { ["name"] = pod.Name() }, ["target"] = new JsonObject { ["kind"] = "Node", ["name"] = node } }, Cancel);

    /// <summary>The scheduler has found none, or has not been let to look (reason SchedulingGated).</summary>
    public static Task CannotPlaceAsync(this TestNamespace ns, JsonObject pod, string reason, string message) =>
        ns.SetConditionAsync(pod, "PodScheduled", "False", reason, message);

    /// <summary>Sets a condition of a pod, as whoever takes it away does first.</summary>
    public static Task SetConditionAsync(this TestNamespace ns, JsonObject pod, string type, string status, string reason, string message = "") => ns.Api.MergeAsync(
        ns.Path("pods", pod.Name()) + "/status",
        new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = type, ["status"] = status, ["reason"] = reason, ["message"] = message }) } }, Cancel);

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

    /// <summary>The kubelet has ended a pod that was to be deleted.</summary>
    public static Task ForgetAsync(this TestNamespace ns, JsonObject pod) => ns.Api.DeleteNowAsync(ns.Path("pods", pod.Name()), Cancel);
}
