using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>A NetworkPolicy for each job, on a server that checks it; the server has no network that enforces it.</summary>
public sealed class NetworkPolicyTests(SharedServer shared)
{
    /// <summary>All that an operator needs but the right on network policies.</summary>
    private const string Rules = """
        - {apiGroups: [training.mhc.dev], resources: ["*"], verbs: ["*"]}
        - {apiGroups: [""], resources: [pods, services, configmaps, persistentvolumeclaims, events], verbs: ["*"]}
        - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: ["*"]}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_has_its_policy_before_its_pods_and_one_that_is_changed_or_deleted_is_put_right()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using (await ns.RunOperatorAsync("--network-policy", "--network-policy-scrapers", "team=monitoring"))
        {
            var job = await ns.CreateJobAsync(JobBuilder.Make("closed").Replicas(2));
            await ns.GangExistsAsync(1, 2);
            var policy = (await PolicyAsync(ns))!;
            Assert.Equal((string?)job["metadata"]!["uid"], (string?)policy["metadata"]!["ownerReferences"]![0]!["uid"]);
            Assert.Equal("monitoring", Team(policy));
            var made = shared.Server.Audit.OfOperators()
                .Where(entry => entry.IsWrite && entry.Namespace == ns.Name && entry.Verb == "create").Select(entry => entry.Resource)
                .ToList();
            Assert.InRange(made.IndexOf("networkpolicies"), 0, made.IndexOf("pods") - 1);

            await ns.Api.MergeAsync(Path(ns),
                new JsonObject { ["spec"] = new JsonObject { ["ingress"] = new JsonArray(new JsonObject()) } }, Cancel);
            await Eventually.HoldsAsync(async () => Team(await PolicyAsync(ns)) == "monitoring", "it is put right", Cancel);
            await ns.Api.DeleteAsync(Path(ns), Cancel);
            await Eventually.HoldsAsync(async () => Team(await PolicyAsync(ns)) == "monitoring", "it is made again", Cancel);
        }

        using var other = await ns.RunOperatorAsync("--network-policy", "--network-policy-scrapers", "team=other");
        await Eventually.HoldsAsync(async () => Team(await PolicyAsync(ns)) == "other", "it says what the operator of today says", Cancel);
        await ns.OperatorHasGoneOnAsync();
        Assert.Equal(2, (await ns.GangAsync(1)).Count(pod => pod.Name().StartsWith("closed-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Where_the_right_is_missing_the_job_says_so_and_runs_when_it_is_there()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var token = await ns.MakeAccountAsync("operator");
        await ns.GrantAsync("operator", Rules);
        using var running = ns.StartOperator(shared.Server.Kubeconfig(token), "--network-policy");
        await running.WorksAsync(Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("closed").Replicas(1));
        await ns.ConditionHoldsAsync("closed", "GangScheduled", "False", "ApiMissing");
        Assert.Empty(await ns.PodsAsync());

        await ns.GrantAsync("operator",
            "- {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [get, list, watch, create, patch]}", "policies");
        await ns.GangExistsAsync(1, 1);
        Assert.NotNull(await PolicyAsync(ns));
    }

    [Fact]
    public async Task A_right_to_see_but_not_to_make_leaves_the_job_waiting_with_the_servers_words()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var token = await ns.MakeAccountAsync("operator");
        await ns.GrantAsync("operator",
            $"{Rules}\n- {{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [get, list, watch]}}");
        using var running = ns.StartOperator(shared.Server.Kubeconfig(token), "--network-policy");
        await running.WorksAsync(Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("closed").Replicas(1));
        await ns.ConditionHoldsAsync("closed", "GangScheduled", "False", "NotAllowed");
        Assert.Empty(await ns.PodsAsync());
        Assert.Contains("NetworkPolicy closed-network was refused", (await ns.JobAsync("closed")).ToJsonString(), StringComparison.Ordinal);
    }

    private static string Path(TestNamespace ns) => $"apis/networking.k8s.io/v1/namespaces/{ns.Name}/networkpolicies/closed-network";

    private static Task<JsonObject?> PolicyAsync(TestNamespace ns) => ns.Api.FindAsync(Path(ns), Cancel);

    private static string? Team(JsonObject? policy) => policy?["spec"]!["ingress"] is JsonArray { Count: 3 } rules
        ? (string?)rules[2]!["from"]![0]!["namespaceSelector"]!["matchLabels"]!["team"]
        : null;
}
