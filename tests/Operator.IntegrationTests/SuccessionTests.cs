using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>
/// Whose pods, names and checkpoints a job meets, and what becomes of its own. No garbage collector runs: what a deleted job leaves stays
/// until the test takes it.
/// </summary>
public sealed class SuccessionTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_made_again_waits_for_all_that_the_one_before_has_left_and_warns_of_nothing()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1));
        var old = (await ns.GangExistsAsync(1, 1))[0];
        await ns.RunPodAsync(old);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await ns.Api.DeleteAsync(ns.Path("mhctrainingjobs", "job"), Cancel);
        var next = await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1));
        await ns.ConditionHoldsAsync("job", "GangScheduled", "False", "AwaitingPredecessor");
        Assert.Equal(
            "ConfigMap job-config, Pod job-1-0 and Service job are of the job of this name before; waiting for them to go",
            (string?)(await ns.JobAsync("job")).Condition("GangScheduled")!["message"]);
        Assert.Equal(("Pending", "AwaitingPredecessor", 0), Words(await ns.JobAsync("job")));
        await ns.ForgetAsync(old);
        await ns.Api.DeleteAsync(ns.Path("services", "job"), Cancel);
        await ns.Api.DeleteAsync(ns.Path("configmaps", "job-config"), Cancel);
        var gang = await ns.GangExistsAsync(1, 1);
        Assert.Equal(next.Uid(), (string?)gang[0]["metadata"]!["ownerReferences"]![0]!["uid"]);
        Assert.DoesNotContain(await ns.EventsAsync("job"), e => (string?)e["type"] == "Warning");
    }

    [Theory]
    [InlineData("training.mhc.dev/job", null)]
    [InlineData("training.mhc.dev/job", "another")]
    [InlineData("training.mhc.dev/attempt", null)]
    public async Task A_pod_whose_label_was_changed_is_deleted_and_waited_for_and_no_gang_runs_beside_it(string label, string? value)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        var gang = await ns.GangExistsAsync(1, 2);
        await Task.WhenAll(gang.Select(pod => ns.PlaceAsync(pod, "node-1")));
        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await ns.Api.MergeAsync(ns.Path("pods", gang[1].Name()),
            new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [label] = value } } }, Cancel);
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).All(pod => pod["metadata"]!["deletionTimestamp"] is not null),
            "both pods are to go", Cancel);
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "WorkerLost");
        Assert.Contains("was taken out of the gang (a label of it was changed) and is deleted",
            (string?)(await ns.JobAsync("job")).Condition("Restarting")!["message"], StringComparison.Ordinal);
        await ns.ForgetAsync(gang[0]);
        await ns.OperatorHasGoneOnAsync();
        Assert.DoesNotContain(await ns.PodsAsync(), pod => pod.Name().StartsWith("job-2-", StringComparison.Ordinal));
        await ns.ForgetAsync(gang[1]);
        await Eventually.HoldsAsync(
            async () => (await ns.PodsAsync()).Count(pod => pod.Name().StartsWith("job-2-", StringComparison.Ordinal)) == 2,
            "the next gang is there", Cancel);
        Assert.Equal(1, (int?)(await ns.JobAsync("job"))["status"]!["restarts"]);
    }

    [Fact]
    public async Task The_gang_of_a_deleted_job_that_a_finalizer_holds_is_stopped_and_the_job_says_so()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await SetFinalizersAsync(ns, "mhctrainingjobs", "job", new JsonArray("example.com/audit"));
        var gang = await ns.GangExistsAsync(1, 2);
        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await ns.Api.DeleteAsync(ns.Path("mhctrainingjobs", "job"), Cancel);
        await ns.ConditionHoldsAsync("job", "Running", "False", "Deleting");
        await Eventually.HoldsAsync(async () => (await ns.GangAsync(1)).Count == 0, "its pods are deleted", Cancel);
        await Eventually.HoldsAsync(
            async () => (await ns.EventsAsync("job")).Any(
                e => (string?)e["reason"] == "Deleting"
                    && ((string?)e["message"])!.Contains("example.com/audit", StringComparison.Ordinal)), "it is told", Cancel);
        await SetFinalizersAsync(ns, "mhctrainingjobs", "job", null);
        await Eventually.HoldsAsync(async () => await ns.Api.FindAsync(ns.Path("mhctrainingjobs", "job"), Cancel) is null,
            "the job is gone", Cancel);
    }

    [Fact]
    public async Task A_claim_that_is_deleted_under_the_job_is_made_anew_when_it_has_gone_and_what_is_lost_is_said()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1));
        var gang = await ns.GangExistsAsync(1, 1);
        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await ns.JobHoldsAsync("job", job => job["status"]?["checkpoints"]?["claimUid"] is not null, "its claim is known");
        await ns.Api.DeleteAsync(ns.Path("persistentvolumeclaims", "job-checkpoints"), Cancel);
        await WarnedAsync(ns, "ClaimDeleted");
        await ns.EndPodAsync(gang[0], 75);
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "WorkerFailed");
        Assert.DoesNotContain(await ns.EventsAsync("job"),
            e => ((string?)e["message"])!.Contains("latest good checkpoint", StringComparison.Ordinal));
        await ns.OperatorHasGoneOnAsync();
        Assert.DoesNotContain(await ns.PodsAsync(), pod => pod.Name().StartsWith("job-2-", StringComparison.Ordinal));
        await SetFinalizersAsync(ns, "persistentvolumeclaims", "job-checkpoints", null); // no pod uses it any more
        await WarnedAsync(ns, "ProgressLost");
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Any(pod => pod.Name() == "job-2-0"), "the next gang is there",
            Cancel);
        Assert.Contains("is lost", (string?)(await ns.JobAsync("job"))["status"]!["checkpoints"]!["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Latest", "latest")]
    [InlineData("None", "none")]
    public async Task The_next_job_on_a_kept_claim_says_whose_checkpoints_it_goes_on_from_or_begins_anew_where_it_is_to(string resume,
        string variable)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1));
        var old = (await ns.GangExistsAsync(1, 1))[0];
        await ns.Api.DeleteAsync(ns.Path("mhctrainingjobs", "job"), Cancel);
        await ns.ForgetAsync(old);
        await ns.Api.DeleteAsync(ns.Path("services", "job"), Cancel);
        await ns.Api.DeleteAsync(ns.Path("configmaps", "job-config"), Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1).With("checkpoints", "resume", resume));
        Assert.Equal(variable, (await ns.GangExistsAsync(1, 1))[0].Variable("MHC_RESUME_STEP"));
        await ns.JobHoldsAsync("job",
            job => ((string?)job["status"]?["checkpoints"]?["message"])?.Contains("kept from the job of this name before",
                StringComparison.Ordinal) == true, "it says whose checkpoints they are");
        await Eventually.HoldsAsync(async () => (await ns.EventsAsync("job")).Any(e => (string?)e["reason"] == "KeptCheckpoints"),
            "it is told", Cancel);
    }

    [Fact]
    public async Task A_job_whose_pods_are_refused_has_not_begun_and_its_claim_goes_with_it_until_they_are_taken()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.Api.CreateAsync(ns.Path("resourcequotas"),
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "no-pods" },
                ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["pods"] = "0" } }
            }, Cancel);
        await ns.Api.MergeAsync(ns.Path("resourcequotas", "no-pods") + "/status",
            new JsonObject
            {
                ["status"] = new JsonObject
                {
                    ["hard"] = new JsonObject { ["pods"] = "0" },
                    ["used"] = new JsonObject { ["pods"] = "0" }
                }
            }, Cancel);
        var job = await ns.CreateJobAsync(JobBuilder.Make("job"));
        await ns.ConditionHoldsAsync("job", "GangScheduled", "False", "NotAllowed");
        Assert.Equal(("Pending", "NotAllowed", 0), Words(await ns.JobAsync("job")));
        await Eventually.HoldsAsync(
            async () => (string?)(await ns.Api.FindAsync(ns.Path("persistentvolumeclaims", "job-checkpoints"),
                Cancel))!["metadata"]!["ownerReferences"]?[0]!["uid"] == job.Uid(), "its claim goes with it", Cancel);
        await ns.Api.DeleteAsync(ns.Path("resourcequotas", "no-pods"), Cancel);
        // another spec is tried at once
        await ns.ChangeAsync("job", new JsonObject { ["runPolicy"] = new JsonObject { ["maxRestarts"] = 5 } });
        await ns.GangExistsAsync(1, 2);
        await ns.JobHoldsAsync("job", found => Words(found) is ("Pending", _, 1), "it has begun");
        await Eventually.HoldsAsync(
            async () => (await ns.Api.FindAsync(ns.Path("persistentvolumeclaims", "job-checkpoints"),
                Cancel))!["metadata"]!["ownerReferences"] is null, "the claim is kept from now on", Cancel);
    }

    private static (string?, string?, int?) Words(JsonObject job) =>
        ((string?)job["status"]?["phase"], (string?)job["status"]?["reason"], (int?)job["status"]?["attempt"]);

    private static Task WarnedAsync(TestNamespace ns, string reason) => Eventually.HoldsAsync(
        async () => (await ns.EventsAsync("job")).Any(e => ((string?)e["type"], (string?)e["reason"]) == ("Warning", reason)),
        $"a Warning {reason} is told", Cancel);

    private static Task<JsonObject> SetFinalizersAsync(TestNamespace ns, string resource, string name, JsonNode? finalizers) =>
        ns.Api.MergeAsync(ns.Path(resource, name), new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = finalizers } },
            Cancel);
}
