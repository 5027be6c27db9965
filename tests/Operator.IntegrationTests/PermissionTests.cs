using System.Net;
using System.Text.Json.Nodes;
using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>The operator under the role in deploy/, on a server that enforces it.</summary>
public sealed class PermissionTests(SharedServer shared)
{
    private const string System = "mhc-system";
    private const string User = $"system:serviceaccount:{System}:mhc-operator";

    /// <summary>
    /// Rules that no request of this test can show: an admission plugin asks for one, and an event that happens twice for the other.
    /// </summary>
    private static readonly string[] NotShown = ["training.mhc.dev mhctrainingjobs/finalizers update", " events patch"];

    /// <summary>An API that this server does not have; GangSchedulingTests uses it on one that does.</summary>
    private const string NotServed = "scheduling.k8s.io ";

    private static readonly Dictionary<string, string> Paths = new(StringComparer.Ordinal)
    {
        ["Namespace"] = "api/v1/namespaces",
        ["ServiceAccount"] = $"api/v1/namespaces/{System}/serviceaccounts",
        ["ClusterRole"] = "apis/rbac.authorization.k8s.io/v1/clusterroles",
        ["ClusterRoleBinding"] = "apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        ["Role"] = $"apis/rbac.authorization.k8s.io/v1/namespaces/{System}/roles",
        ["RoleBinding"] = $"apis/rbac.authorization.k8s.io/v1/namespaces/{System}/rolebindings",
        ["PodDisruptionBudget"] = $"apis/policy/v1beta1/namespaces/{System}/poddisruptionbudgets",
        ["Deployment"] = $"apis/apps/v1/namespaces/{System}/deployments",
        ["Service"] = $"api/v1/namespaces/{System}/services",
        ["ValidatingWebhookConfiguration"] = DeployedManifests.PathOf("ValidatingWebhookConfiguration"),
        ["MutatingWebhookConfiguration"] = DeployedManifests.PathOf("MutatingWebhookConfiguration"),
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Under_the_role_in_deploy_nothing_is_forbidden_and_every_rule_is_used()
    {
        await DeployAsync();
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var token = await shared.Server.Admin.TokenAsync(System, "mhc-operator");
        var kubeconfig = shared.Server.Kubeconfig(token);
        using var running = OperatorInProcess.Start(kubeconfig, "--namespace", ns.Name, "--lease-namespace", System, "--webhook-port", "0",
            "--secure-metrics-port", "0");
        await running.WorksAsync(Cancel);
        await GoesWithTheAccountAsync($"apis/coordination.k8s.io/v1/namespaces/{System}/leases/mhc-operator");
        using var standby = OperatorInProcess.Start(kubeconfig, "--namespace", ns.Name, "--lease-namespace", System);
        await standby.LogsAsync("waiting for lease", Cancel);

        await RunToTheEndAsync(ns);
        await GoUnstableAsync(ns);
        await ThawAsync(ns);
        await MeetOthersAsync(ns);
        await RunInGroupsAsync(ns);
        await LosePodAsync(ns);
        await NotStartAsync(ns);
        await StayInPlaceAsync(ns);
        await HaveWebhooksAsync(running);
        await BeScrapedAsync(running, token);

        // A watch is written down when it ends.
        running.Terminate();
        await running.WaitForExitAsync(Cancel);
        await standby.WorksAsync(Cancel);
        var granted = (await GrantedAsync("ClusterRole", "mhc-operator", "mhc-operator-cluster")).Concat(
            await GrantedAsync("Role", "mhc-operator-own")).Except(NotShown)
            .Where(rule => !rule.StartsWith(NotServed, StringComparison.Ordinal)).ToList();
        string[] unused = [];
        await Eventually.HoldsAsync(
            () => Task.FromResult(
                (unused = [.. granted.Except(Requests().Select(entry => $"{entry.Group} {entry.FullResource} {entry.Verb}"))]).Length == 0),
            () => $"every rule is used; unused: {string.Join("; ", unused)}", Cancel);
        Assert.DoesNotContain(Requests(), entry => entry.Code == 403);
    }

    [Fact]
    public async Task Under_its_roles_in_two_namespaces_an_operator_runs_the_jobs_of_both_and_of_no_other()
    {
        var own = await TestNamespace.CreateAsync(shared.Server, "own-");
        TestNamespace[] served = [await TestNamespace.CreateAsync(shared.Server), await TestNamespace.CreateAsync(shared.Server)];
        var other = await TestNamespace.CreateAsync(shared.Server);
        var lease = (await DeployedManifests.ReadAsync(DeployedManifests.Operator, Cancel)).Where(
            document => document.Kind is "ServiceAccount" or "Role" or "RoleBinding");
        foreach (var (kind, text) in lease)
        {
            await CreateInAsync(own, kind, text.Replace(System, own.Name, StringComparison.Ordinal));
        }

        foreach (var ns in served)
        {
            foreach (var (kind, text) in await DeployedManifests.ReadAsync("optional/one-namespace.yaml", Cancel))
            {
                await CreateInAsync(ns, kind,
                    text.Replace(System, own.Name, StringComparison.Ordinal).Replace("namespace: training", $"namespace: {ns.Name}",
                        StringComparison.Ordinal));
            }
        }

        var token = await own.Api.TokenAsync(own.Name, "mhc-operator");
        using var running = OperatorInProcess.Start(
            shared.Server.Kubeconfig(token),
            ["--lease-namespace", own.Name, .. served.SelectMany(ns => (string[])["--namespace", ns.Name])]);
        await running.WorksAsync(Cancel);
        foreach (var ns in served.Append(other))
        {
            await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(2));
        }

        foreach (var ns in served)
        {
            var gang = await ns.GangExistsAsync(1, 2);
            await ns.RunGangAsync(gang);
            await ns.ConditionHoldsAsync("job", "Running", "True");
            await ns.EndPodAsync(gang[0], 1);
            await ns.EndGangAsync(await ns.GangExistsAsync(2, 2), 0);
            await ns.ConditionHoldsAsync("job", "Succeeded", "True");
        }

        Assert.Empty(await other.PodsAsync());
        var user = $"system:serviceaccount:{own.Name}:mhc-operator";
        Assert.DoesNotContain(shared.Server.Audit.OfOperators(), entry => entry.User == user && entry.Code == 403);
    }

    private static Task<JsonObject> CreateInAsync(TestNamespace ns, string kind, string text)
    {
        var resource = $"{kind.ToLowerInvariant()}s";
        var path = kind == "ServiceAccount" ? ns.Path(resource) : $"apis/rbac.authorization.k8s.io/v1/namespaces/{ns.Name}/{resource}";
        return ns.Api.CreateYamlAsync(path, text, Cancel);
    }

    private IEnumerable<AuditEntry> Requests() => shared.Server.Audit.OfOperators().Where(entry => entry.User == User);

    /// <summary>A job that succeeds and is deleted when its time to live has passed.</summary>
    private static async Task RunToTheEndAsync(TestNamespace ns)
    {
        await ns.CreateJobAsync(JobBuilder.Make("short").Replicas(1).TimeToLive(0));
        await ns.EndGangAsync(await ns.GangExistsAsync(1, 1), 0);
        await Eventually.HoldsAsync(async () => await ns.Api.FindAsync(ns.Path("mhctrainingjobs", "short"), Cancel) is null,
            "the job is deleted", Cancel);
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Count == 0 || await DeletePodsAsync(ns), "its pods are gone",
            Cancel);
    }

    /// <summary>A job that suspends itself, and whose configuration changes before it goes on.</summary>
    private static async Task GoUnstableAsync(TestNamespace ns)
    {
        await ns.CreateJobAsync(JobBuilder.Make("sick").Replicas(1).Response("Suspend"));
        var gang = await ns.GangExistsAsync(1, 1);
        await ns.RunGangAsync(gang);
        await ns.EndGangAsync(gang, 86, """{"reason":"LossSpike","detectedStep":6,"onsetStep":6,"restoreStep":0}""");
        await ns.ConditionHoldsAsync("sick", "Suspended", "True");
        var change = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["suspend"] = false,
                ["optimization"] = new JsonObject { ["peakLearningRate"] = 0.0001 }
            }
        };
        await ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "sick"), change, Cancel);
        await ns.GangExistsAsync(2, 1);
    }

    /// <summary>A job whose configuration was frozen while it was suspended.</summary>
    private static async Task ThawAsync(TestNamespace ns)
    {
        await ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "sick"), new JsonObject { ["spec"] = new JsonObject { ["suspend"] = true } },
            Cancel);
        await ns.ConditionHoldsAsync("sick", "Suspended", "True");
        await ns.Api.MergeAsync(ns.Path("configmaps", "sick-config"), new JsonObject { ["immutable"] = true }, Cancel);
        var change = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["suspend"] = false,
                ["optimization"] = new JsonObject { ["peakLearningRate"] = 0.0002 }
            }
        };
        await ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "sick"), change, Cancel);
        await ns.GangExistsAsync(3, 1);
    }

    /// <summary>Everything that the jobs need is there already, and somebody else's.</summary>
    private static async Task MeetOthersAsync(TestNamespace ns)
    {
        await ns.Api.CreateAsync(ns.Path("services"),
            Named("crowded", new JsonObject { ["ports"] = new JsonArray(new JsonObject { ["port"] = 80, ["protocol"] = "TCP" }) }), Cancel);
        await ns.Api.CreateAsync(ns.Path("configmaps"), Named("crowded-config", null), Cancel);
        await ns.Api.CreateAsync(ns.Path("persistentvolumeclaims"), Named("crowded-checkpoints", new JsonObject
        {
            ["accessModes"] = new JsonArray("ReadWriteMany"),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "1Gi" } },
        }), Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("crowded"));
        await ns.ConditionHoldsAsync("crowded", "GangScheduled", "False", "NameConflict");
        await ns.Api.CreateAsync(ns.Path("pods"),
            Named("blocked-1-0", new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) }),
            Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("blocked"));
        await ns.JobHoldsAsync("blocked", job => job["status"]?.ToJsonString().Contains("blocked-1-0", StringComparison.Ordinal) == true,
            "it names the pod");
    }

    /// <summary>Jobs for each gang scheduler: one that ends, and one whose group's name is taken.</summary>
    private static async Task RunInGroupsAsync(TestNamespace ns)
    {
        await GangApis.InstallCoschedulingAsync(ns.Api, Cancel);
        await GangApis.InstallVolcanoAsync(ns.Api, Cancel);
        foreach (var (gang, name, apiVersion) in new[] { ("Coscheduling", "cosy", "scheduling.x-k8s.io/v1alpha1"),
            ("Volcano", "volcanic", "scheduling.volcano.sh/v1beta1") })
        {
            var groups = $"apis/{apiVersion}/namespaces/{ns.Name}/podgroups";
            await ns.Api.CreateAsync(groups,
                new JsonObject
                {
                    ["apiVersion"] = apiVersion,
                    ["kind"] = "PodGroup",
                    ["metadata"] = new JsonObject { ["name"] = $"taken-by-{name}-1" }
                }, Cancel);
            await ns.CreateJobAsync(JobBuilder.Make($"taken-by-{name}").Gang(gang));
            await ns.ConditionHoldsAsync($"taken-by-{name}", "GangScheduled", "False", "NameConflict");
            await ns.CreateJobAsync(JobBuilder.Make(name).Replicas(1).Gang(gang));
            JsonObject? pod = null;
            await Eventually.HoldsAsync(async () => (pod = await ns.Api.FindAsync(ns.Path("pods", $"{name}-1-0"), Cancel)) is not null,
                "its pod is there", Cancel);
            await ns.EndPodAsync(pod!, 0);
            await Eventually.HoldsAsync(async () => await ns.Api.FindAsync($"{groups}/{name}-1", Cancel) is null, "its group is gone",
                Cancel);
        }
    }

    /// <summary>A pod that is deleted on its node, whose state tells why.</summary>
    private static async Task LosePodAsync(TestNamespace ns)
    {
        await ns.CreateJobAsync(JobBuilder.Make("lost").Replicas(1));
        JsonObject? pod = null;
        await Eventually.HoldsAsync(async () => (pod = await ns.Api.FindAsync(ns.Path("pods", "lost-1-0"), Cancel)) is not null,
            "its pod is there", Cancel);
        await ns.PlaceAsync(pod!, "node-1");
        await ns.Api.DeleteAsync(ns.Path("pods", "lost-1-0"), Cancel);
        await ns.ConditionHoldsAsync("lost", "Restarting", "True");
    }

    /// <summary>A pod that has a node and does not run is asked about.</summary>
    private static async Task NotStartAsync(TestNamespace ns)
    {
        await ns.CreateJobAsync(JobBuilder.Make("late").Replicas(1));
        JsonObject? pod = null;
        await Eventually.HoldsAsync(async () => (pod = await ns.Api.FindAsync(ns.Path("pods", "late-1-0"), Cancel)) is not null,
            "its pod is there", Cancel);
        await ns.PlaceAsync(pod!, "node-1");
    }

    /// <summary>A job whose processes begin again in their pods.</summary>
    private static async Task StayInPlaceAsync(TestNamespace ns)
    {
        await ns.CreateJobAsync(JobBuilder.Make("stays").Replicas(1));
        JsonObject? pod = null;
        await Eventually.HoldsAsync(async () => (pod = await ns.Api.FindAsync(ns.Path("pods", "stays-1-0"), Cancel)) is not null,
            "its pod is there", Cancel);
        using var worker = new PlayedWorker();
        await ns.RunPodAsync(pod!, worker.Address);
        await ns.ConditionHoldsAsync("stays", "Running", "True");
        worker.End(75);
        await ns.SetConditionAsync(pod!, "Ready", "False", "ContainersNotReady");
        await Eventually.HoldsAsync(
            async () => (await ns.Api.FindAsync(ns.Path("pods", "stays-1-0"),
                Cancel))!["metadata"]!["annotations"]?[MhcOperator.Api.Annotations.Order] is not null, "its pod is ordered to go on",
                Cancel);
    }

    private static async Task<bool> DeletePodsAsync(TestNamespace ns)
    {
        foreach (var pod in await ns.PodsAsync())
        {
            await ns.Api.DeleteAsync(ns.Path("pods", pod.Name()), Cancel); // the garbage collector's part
        }

        return false;
    }

    private static JsonObject Named(string name, JsonObject? spec)
    {
        var made = new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } };
        if (spec is not null)
        {
            made["spec"] = spec;
        }

        return made;
    }

    /// <summary>The webhooks' Secret is made, damaged and mended; their authority is in the configurations.</summary>
    private async Task HaveWebhooksAsync(OperatorUnderTest running)
    {
        const string secret = $"api/v1/namespaces/{System}/secrets/mhc-operator-webhook";
        await Eventually.HoldsAsync(async () => await running.AskAsync("/readyz", Cancel) == (200, "ok\n"), "the webhooks answer", Cancel);
        await GoesWithTheAccountAsync(secret);
        var made = (string?)(await shared.Server.Admin.FindAsync(secret, Cancel))!["data"]!["tls.crt"];
        await shared.Server.Admin.MergeAsync(secret, new JsonObject { ["data"] = new JsonObject { ["tls.crt"] = "AAAA" } }, Cancel);
        await Eventually.HoldsAsync(
            async () => (string?)(await shared.Server.Admin.FindAsync(secret, Cancel))!["data"]!["tls.crt"] is not "AAAA" and var mended
                && mended != made, "the Secret is mended", Cancel);
    }

    /// <summary>When a release is uninstalled, its account goes, and with it what the operator keeps for itself.</summary>
    private async Task GoesWithTheAccountAsync(string path)
    {
        var account = await shared.Server.Admin.FindAsync($"api/v1/namespaces/{System}/serviceaccounts/mhc-operator", Cancel);
        var made = await shared.Server.Admin.FindAsync(path, Cancel);
        Assert.Equal((string)account!["metadata"]!["uid"]!, (string?)made!["metadata"]!["ownerReferences"]?[0]!["uid"]);
    }

    /// <summary>Whoever asks for metrics is asked about; the operator itself has no right to them.</summary>
    private async Task BeScrapedAsync(OperatorUnderTest running, string token)
    {
        using var http = await SecureMetricsTests.ClientAsync(shared.Server.Admin, System, "mhc-operator-webhook", running.SecureAddress);
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var answer = await http.GetAsync("metrics", Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private async Task DeployAsync()
    {
        var documents = (await DeployedManifests.ReadAsync("namespace.yaml", Cancel)).Concat(
            await DeployedManifests.ReadAsync(DeployedManifests.Operator, Cancel));
        foreach (var (kind, text) in documents.Where(document => document.Kind != "CustomResourceDefinition")) // the server has it
        {
            await shared.Server.Admin.CreateYamlAsync(Paths[kind], DeployedManifests.OnlyFor(text, "nobody"), Cancel);
        }
    }

    private async Task<IEnumerable<string>> GrantedAsync(string kind, params string[] names)
    {
        var roles = await Task.WhenAll(names.Select(name => shared.Server.Admin.FindAsync($"{Paths[kind]}/{name}", Cancel)));
        return from role in roles
               from rule in role!["rules"]!.AsArray()
               from verb in rule!["verbs"]!.AsArray()
               from resource in rule["resources"]!.AsArray()
               from apiGroup in rule["apiGroups"]!.AsArray()
               select $"{apiGroup} {resource} {verb}";
    }
}
