using System.Text.Json.Nodes;
using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>
/// Gangs that a scheduler places as a whole. The schedulers' resources are stand-ins with the same fields; the schedulers themselves are
/// not there.
/// </summary>
public sealed class GangSchedulingTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Coscheduling", "scheduling.x-k8s.io/v1alpha1")]
    [InlineData("Volcano", "scheduling.volcano.sh/v1beta1")]
    public async Task Each_attempt_has_its_own_pod_group_and_a_job_that_is_suspended_or_over_has_none(string gang, string apiVersion)
    {
        await (gang == "Volcano" ? GangApis.InstallVolcanoAsync(shared.Server.Admin, Cancel)
            : GangApis.InstallCoschedulingAsync(shared.Server.Admin, Cancel));
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        var job = await ns.CreateJobAsync(JobBuilder.Make("job").Gang(gang).CleanPods("None"));
        var first = await ns.GangExistsAsync(1, 2);
        Assert.All(first, pod => AssertInGroup(gang, pod, "job-1"));
        var group = Assert.Single(await GroupsAsync(ns, apiVersion));
        Assert.Equal(("job-1", 2, job.Uid()),
            (group.Name(), (int?)group["spec"]!["minMember"], (string?)group["metadata"]!["ownerReferences"]![0]!["uid"]));

        await ns.RunGangAsync(first);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await ns.EndPodAsync(first[1], 1);
        var second = await ns.GangExistsAsync(2, 2);
        Assert.All(second, pod => AssertInGroup(gang, pod, "job-2"));
        await GroupsBecomeAsync(ns, apiVersion, "job-2");

        await SuspendAsync(ns, true);
        await GroupsBecomeAsync(ns, apiVersion);
        await SuspendAsync(ns, false);
        var third = await ns.GangExistsAsync(3, 2);
        await GroupsBecomeAsync(ns, apiVersion, "job-3");

        await ns.RunGangAsync(third);
        await ns.EndGangAsync(third, 0);
        await ns.ConditionHoldsAsync("job", "Succeeded", "True");
        await GroupsBecomeAsync(ns, apiVersion);
        Assert.Equal(1, (int?)(await ns.JobAsync("job"))["status"]!["restarts"]);
    }

    [Fact]
    public async Task A_pod_group_that_is_deleted_is_made_again_and_one_of_somebody_else_is_left_alone()
    {
        await GangApis.InstallCoschedulingAsync(shared.Server.Admin, Cancel);
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Gang("Coscheduling"));
        await ns.GangExistsAsync(1, 2);
        await ns.Api.DeleteAsync(Groups(ns, "scheduling.x-k8s.io/v1alpha1") + "/job-1", Cancel);
        await GroupsBecomeAsync(ns, "scheduling.x-k8s.io/v1alpha1", "job-1");

        await ns.Api.CreateAsync(Groups(ns, "scheduling.x-k8s.io/v1alpha1"), new JsonObject
        {
            ["apiVersion"] = "scheduling.x-k8s.io/v1alpha1",
            ["kind"] = "PodGroup",
            ["metadata"] = new JsonObject { ["name"] = "other-1" },
            ["spec"] = new JsonObject { ["minMember"] = 7 },
        }, Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("other").Gang("Coscheduling"));
        await ns.ConditionHoldsAsync("other", "GangScheduled", "False", "NameConflict");
        Assert.Equal(
            7, (int?)(await ns.Api.FindAsync(Groups(ns, "scheduling.x-k8s.io/v1alpha1") + "/other-1", Cancel))!["spec"]!["minMember"]);
        Assert.Equal(2, (await ns.PodsAsync()).Count);
    }

    [Fact]
    public async Task A_job_waits_for_an_api_that_the_cluster_lacks_says_so_and_goes_on_when_it_comes()
    {
        // A server without its own scheduling.k8s.io leaves room for a stand-in of that group.
        await using var server = await ApiServer.StartAsync(
            installCrd: true, Cancel, "--runtime-config", "scheduling.k8s.io/v1=false,scheduling.k8s.io/v1beta1=false",
            "--disable-admission-plugins", "ServiceAccount,Priority");
        var ns = await TestNamespace.CreateAsync(server);
        using (var running = await ns.RunOperatorAsync())
        {
            await ns.CreateJobAsync(JobBuilder.Make("job").Gang("Native"));
            await ns.ConditionHoldsAsync("job", "GangScheduled", "False", "ApiMissing");
            await Eventually.HoldsAsync(
                async () => (await ns.EventsAsync("job")).Any(e => ((string?)e["reason"], (string?)e["type"]) == ("ApiMissing", "Warning")),
                "the event is there", Cancel);
            Assert.Contains("scheduling.k8s.io", (string?)(await ns.JobAsync("job")).Condition("GangScheduled")!["message"],
                StringComparison.Ordinal);

            // Looking at the job again costs nothing: ten changes of it lead to no request of their own.
            await AnnotateAsync(ns, 10);
            var before = server.Audit.OfOperators().Count;
            await ns.CreateJobAsync(JobBuilder.Make("marker").Replicas(1));
            await ns.GangExistsAsync(1, 1);
            Assert.DoesNotContain(server.Audit.OfOperators().Take(before), entry => entry.Verb is "patch" or "create" && entry.Code >= 400);
            Assert.InRange(server.Audit.OfOperators().Count(entry => entry.Verb == "get" && entry.FullResource.Length == 0), 1, 12);

            await GangApis.InstallWorkloadsAsync(server.Admin, Cancel);
            await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Count == 3, "the gang is there", Cancel);
            var workload = Assert.Single(await ns.Api.ListAsync($"apis/scheduling.k8s.io/v1alpha1/namespaces/{ns.Name}/workloads", Cancel));
            Assert.Equal(("job-1", 2), (workload.Name(), (int?)workload["spec"]!["podGroups"]![0]!["policy"]!["gang"]!["minCount"]));
            Assert.False(running.HasExited);
        }

        // A newer server has groups of their own.
        await GangApis.InstallNativePodGroupsAsync(server.Admin, Cancel);
        var newer = await TestNamespace.CreateAsync(server);
        using var second = await newer.RunOperatorAsync();
        await newer.CreateJobAsync(JobBuilder.Make("job").Gang("Native"));
        await newer.GangExistsAsync(1, 2);
        var group = Assert.Single(await GroupsAsync(newer, "scheduling.k8s.io/v1alpha2"));
        Assert.Equal(("job-1", 2), (group.Name(), (int?)group["spec"]!["schedulingPolicy"]!["gang"]!["minCount"]));
    }

    [Fact]
    public async Task Half_a_gang_gives_its_nodes_back_after_the_timeout_without_a_restart_and_is_tried_again()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").MaxRestarts(0).Gang("None", timeoutSeconds: 8));
        var gang = await ns.GangExistsAsync(1, 2);
        await ns.PlaceAsync(gang[0], "node-1");
        await ns.CannotPlaceAsync(gang[1], "Unschedulable", "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.");
        await ns.JobHoldsAsync("job", job => (int?)job["status"]?["attempt"] == 2, "the gang is given up");
        await ns.ForgetAsync(gang[0]); // its kubelet's part: a pod with a node goes when its processes have ended
        var second = await ns.GangExistsAsync(2, 2);
        var status = (await ns.JobAsync("job"))["status"]!;
        Assert.Equal(0, (int?)status["restarts"]);
        Assert.Null((await ns.JobAsync("job")).Condition("Failed"));
        Assert.Equal("SchedulingTimeout", (string?)(await ns.JobAsync("job")).Condition("Restarting")!["reason"]);
        await ns.RunGangAsync(second);
        await ns.ConditionHoldsAsync("job", "Running", "True");
    }

    private static void AssertInGroup(string gang, JsonObject pod, string group)
    {
        if (gang == "Volcano")
        {
            Assert.Equal((group, "volcano"),
                ((string?)pod["metadata"]!["annotations"]!["scheduling.k8s.io/group-name"], (string?)pod["spec"]!["schedulerName"]));
        }
        else
        {
            Assert.Equal(group, (string?)pod["metadata"]!["labels"]!["scheduling.x-k8s.io/pod-group"]);
        }
    }

    private static string Groups(TestNamespace ns, string apiVersion) => $"apis/{apiVersion}/namespaces/{ns.Name}/podgroups";

    private static Task<IReadOnlyList<JsonObject>> GroupsAsync(TestNamespace ns, string apiVersion) =>
        ns.Api.ListAsync(Groups(ns, apiVersion), Cancel);

    private static async Task GroupsBecomeAsync(TestNamespace ns, string apiVersion, params string[] names)
    {
        IReadOnlyList<JsonObject> groups = [];
        await Eventually.HoldsAsync(
            async () => (groups = await GroupsAsync(ns, apiVersion)).Select(g => g.Name()).Order(StringComparer.Ordinal)
                .SequenceEqual(names),
            () => $"the groups are [{string.Join(", ", names)}]; they are [{string.Join(", ", groups.Select(g => g.Name()))}]", Cancel);
    }

    private static async Task AnnotateAsync(TestNamespace ns, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var change = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["note"] = $"{i}" } } };
            await ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "job"), change, Cancel);
        }
    }

    private static Task<JsonObject> SuspendAsync(TestNamespace ns, bool suspend) =>
        ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "job"), new JsonObject { ["spec"] = new JsonObject { ["suspend"] = suspend } },
            Cancel);
}
