using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// What a pod has in addition so that its processes can begin another attempt: the order, an annotation that the kubelet shows as a file,
/// and for each container a port that tells how its process has ended. The kubelet looks there too, so that the pod is not ready, which the
/// operator hears of, as long as no process runs.
/// </summary>
internal static class InPlaceManifest
{
    public const string Folder = "/etc/mhc-order";

    private const string Volume = "mhc-order"; // names that no template is likely to use
    private const string File = "order";

    public static bool IsFor(MhcTrainingJob job, OperatorOptions options) =>
        options.RestartsInPlace && job.Spec.RunPolicy.RestartStrategy switch
        {
            RestartStrategy.InPlace => true,
            RestartStrategy.Recreate => false,
            _ => job.Spec.Trainer is { Image: null, Command: null or { Count: 0 } },
        };

    public static void AddTo(JsonObject podSpec) => List(podSpec, "volumes").Add((JsonNode)new JsonObject
    {
        ["name"] = Volume,
        ["downwardAPI"] = new JsonObject
        {
            ["items"] = new JsonArray(new JsonObject
            {
                ["path"] = File,
                ["fieldRef"] = new JsonObject { ["apiVersion"] = "v1", ["fieldPath"] = $"metadata.annotations['{Annotations.Order}']" },
            }),
        },
    });

    /// <summary>Whatever else the container has as a readiness probe would say another thing.</summary>
    public static void AddTo(JsonObject container, int localRank)
    {
        var port = TrainerPorts.FirstWorker + localRank;
        List(container, "volumeMounts").Add((JsonNode)new JsonObject { ["name"] = Volume, ["mountPath"] = Folder, ["readOnly"] = true });
        List(container, "ports")
            .Add((JsonNode)new JsonObject { ["name"] = TrainerPorts.WorkerName, ["containerPort"] = port, ["protocol"] = "TCP" });
        List(container, "env").Add((JsonNode)new JsonObject { ["name"] = TrainerEnvironment.OrderFile, ["value"] = $"{Folder}/{File}" });
        List(container, "env").Add(
            (JsonNode)new JsonObject { ["name"] = TrainerEnvironment.WorkerPort, ["value"] = port.ToString(CultureInfo.InvariantCulture) });
        container["readinessProbe"] = new JsonObject
        {
            ["httpGet"] = new JsonObject { ["path"] = TrainerPaths.Ready, ["port"] = port, ["scheme"] = "HTTP" },
            ["periodSeconds"] = 1,
            ["timeoutSeconds"] = 10, // a busy machine is no reason
            ["failureThreshold"] = 1,
        };
    }

    /// <summary>The order for the current attempt.</summary>
    public static string Order(MhcTrainingJob job, MhcTrainingJobStatus status, bool takeOver) =>
        RestartOrder.Render(GangEnvironment.OfAttempt(job, status, takeOver));

    private static JsonArray List(JsonObject target, string name)
    {
        if (target[name] is not JsonArray list)
        {
            target[name] = list = [];
        }

        return list;
    }
}
