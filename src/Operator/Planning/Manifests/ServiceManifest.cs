using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Gangs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>The headless Service that gives every worker its host name, before it is ready: the rendezvous comes first.</summary>
internal static class ServiceManifest
{
    public static JsonObject For(MhcTrainingJob job) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = ManifestMetadata.For(job, GangNames.Service(job.Metadata.Name)),
        ["spec"] = new JsonObject
        {
            ["clusterIP"] = "None",
            ["publishNotReadyAddresses"] = true,
            ["selector"] = new JsonObject { [Labels.Job] = job.Metadata.Name },
            ["ports"] = new JsonArray(Port(TrainerPorts.RendezvousName, TrainerPorts.Rendezvous),
                Port(TrainerPorts.StatusName, TrainerPorts.Status)),
        },
    };

    // Kubernetes 1.20 cannot apply a port without its protocol.
    private static JsonObject Port(string name, int port) => new() { ["name"] = name, ["port"] = port, ["protocol"] = "TCP" };
}
