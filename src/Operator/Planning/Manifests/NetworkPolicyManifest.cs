using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// The NetworkPolicy of one job. A policy cannot say "pods of the same job", so that each job has its own: its pods may reach each other,
/// the operator all of them, and whoever collects metrics the status port of rank 0.
/// </summary>
internal static class NetworkPolicyManifest
{
    public static JsonObject For(MhcTrainingJob job, JobNetworkOptions network) => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "NetworkPolicy",
        ["metadata"] = ManifestMetadata.For(job, GangNames.NetworkPolicy(job.Metadata.Name)),
        ["spec"] = Spec(job.Metadata.Name, network),
    };

    public static JsonObject Spec(string job, JobNetworkOptions network)
    {
        var rules = new JsonArray(
            From(new JsonObject { ["podSelector"] = OwnPods(job) }),
            From(
                new JsonObject
                {
                    ["namespaceSelector"] = Selector(network.OperatorNamespace),
                    ["podSelector"] = Selector(network.OperatorPods)
                }));
        if (network.Scrapers is { } scrapers)
        {
            var rule = From(new JsonObject { ["namespaceSelector"] = Selector(scrapers) });
            rule["ports"] = new JsonArray((JsonNode)new JsonObject { ["port"] = TrainerPorts.StatusName, ["protocol"] = "TCP" });
            rules.Add((JsonNode)rule);
        }

        return new JsonObject { ["podSelector"] = OwnPods(job), ["policyTypes"] = new JsonArray("Ingress"), ["ingress"] = rules };
    }

    private static JsonObject OwnPods(string job) => new() { ["matchLabels"] = new JsonObject { [Labels.Job] = job } };

    private static JsonObject From(JsonObject peer) => new() { ["from"] = new JsonArray((JsonNode)peer) };

    private static JsonObject Selector(IReadOnlyDictionary<string, string> labels) => new()
    {
        ["matchLabels"] = new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))),
    };
}
