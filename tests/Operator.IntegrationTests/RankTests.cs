using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>What is not the trainer's container is no rank, and an end that somebody asked for is no success.</summary>
public sealed class RankTests(SharedServer shared)
{
    private static readonly JsonObject Running = new() { ["running"] = new JsonObject() };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_succeeds_when_its_trainers_have_ended_and_pods_in_which_others_run_go()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(With(JobBuilder.Make("job"), Beside("log-shipper")));
        var gang = await ns.GangExistsAsync(1, 2);
        await ns.TellAsync(gang[0], "Running", ("trainer", Ended(0)), ("log-shipper", Running));
        await ns.TellAsync(gang[1], "Failed", ("trainer", Ended(0)), ("log-shipper", Ended(78)));

        await ns.ConditionHoldsAsync("job", "Succeeded", "True");
        await Eventually.HoldsAsync(async () => (await ns.GangAsync(1)).Select(p => p.Uid()).SequenceEqual([gang[1].Uid()]),
            "only the pod that has ended is left, with its logs", Cancel);
        await ns.JobHoldsAsync("job",
            job => (job["status"]!["workers"]!["active"], job["status"]!["workers"]!["succeeded"]) is var (active, done)
                && (int)active! == 0 && (int)done! == 2, "no worker is active, two have succeeded");
    }

    [Theory]
    [InlineData(78)]
    [InlineData(86)]
    public async Task Another_container_that_fails_is_infrastructure_and_its_pod_is_stopped_and_kept(int code)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(With(JobBuilder.Make("job").Replicas(1).MaxRestarts(1), Beside("log-shipper")));
        var first = await ns.GangExistsAsync(1, 1);
        await ns.TellAsync(first[0], "Running", ("trainer", Running), ("log-shipper", Ended(code, "no route to host")));
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "WorkerFailed");

        var second = await ns.GangExistsAsync(2, 1);
        await ns.TellAsync(second[0], "Running", ("trainer", Running), ("log-shipper", Ended(code, "no route to host")));
        await ns.ConditionHoldsAsync("job", "Failed", "True", "MaxRestartsExceeded");
        var job = await ns.JobAsync("job");
        Assert.Contains($"pod job-2-0, container log-shipper ended with {code} (Error): no route to host",
            (string?)job.Condition("Failed")!["message"], StringComparison.Ordinal);
        Assert.Equal(0, (int?)job["status"]!["rollbackCount"] ?? 0);
        await Eventually.HoldsAsync(
            async () => await ns.GangAsync(2) is [{ } pod] && pod.Uid() == second[0].Uid()
                && (int?)pod["spec"]!["activeDeadlineSeconds"] == 1, "the pod stays, and the kubelet ends what runs in it", Cancel);
    }

    [Fact]
    public async Task A_container_before_the_trainers_that_fails_is_named_with_its_code_and_last_words()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(
            With(JobBuilder.Make("job").Replicas(1).MaxRestarts(0),
                new JsonObject { ["initContainers"] = new JsonArray(Container("fetch-data")) }));
        var gang = await ns.GangExistsAsync(1, 1);
        Assert.Equal("FallbackToLogsOnError", (string?)gang[0]["spec"]!["initContainers"]![0]!["terminationMessagePolicy"]);
        await ns.TellAsync(gang[0], "Failed", first: ("fetch-data", Ended(42, "bucket not found")));
        await ns.ConditionHoldsAsync("job", "Failed", "True", "WorkerFailed");
        Assert.Contains("pod job-1-0, init container fetch-data ended with 42 (Error): bucket not found",
            (string?)(await ns.JobAsync("job")).Condition("Failed")!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trainer_that_ends_with_0_when_the_job_is_suspended_has_not_succeeded()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var node = await ns.MakeNodeAsync();
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        var gang = await ns.GangExistsAsync(1, 2);
        foreach (var pod in gang)
        {
            await ns.PlaceAsync(pod, node);
        }

        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await ns.ChangeAsync("job", new JsonObject { ["suspend"] = true });
        await ns.ConditionHoldsAsync("job", "Suspended", "True");
        await Eventually.HoldsAsync(async () => (await ns.GangAsync(1)).Count == 0, "the pods have been told to end", Cancel);
        await ns.EndGangAsync(gang, 0);
        await ns.OperatorHasGoneOnAsync();

        var job = await ns.JobAsync("job");
        Assert.Null(job.Condition("Succeeded"));
        Assert.Equal("Suspended", (string?)job["status"]!["phase"]);
        Assert.Null(job["status"]!["progress"]);
        await Task.WhenAll(gang.Select(ns.ForgetAsync));
        await ns.ChangeAsync("job", new JsonObject { ["suspend"] = false });
        await Eventually.HoldsAsync(async () => (await ns.GangAsync(2)).Count == 2, "the resumed job has a gang", Cancel);
    }

    [Fact]
    public async Task A_pod_that_its_node_does_not_take_costs_no_restart_and_is_told()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1).MaxRestarts(0));
        foreach (var (attempt, reason) in ((int, string)[])[(1, "UnexpectedAdmissionError"), (2, "OutOfnvidia.com/gpu"),
            (3, "NodeAffinity")])
        {
            var gang = await ns.GangExistsAsync(attempt, 1);
            await ns.Api.MergeAsync(ns.Path("pods", gang[0].Name()) + "/status",
                new JsonObject
                {
                    ["status"] = new JsonObject
                    {
                        ["phase"] = "Failed",
                        ["reason"] = reason,
                        ["message"] = "Pod was rejected: no such device"
                    }
                }, Cancel);
        }

        await ns.RunGangAsync(await ns.GangExistsAsync(4, 1));
        await ns.ConditionHoldsAsync("job", "Running", "True");
        Assert.Equal(0, (int?)(await ns.JobAsync("job"))["status"]!["restarts"] ?? 0);
        Assert.Contains(await ns.EventsAsync("job"),
            e => ((string?)e["message"])!.Contains(
                "WorkerRefused: a node has not taken a worker: pod job-3-0 has ended (NodeAffinity): Pod was rejected",
                StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_edit_of_a_finished_job_is_observed_and_what_may_not_change_is_refused()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1));
        await ns.EndGangAsync(await ns.GangExistsAsync(1, 1), 0);
        await ns.ConditionHoldsAsync("job", "Succeeded", "True");

        await ns.ChangeAsync("job", new JsonObject { ["runPolicy"] = new JsonObject { ["ttlSecondsAfterFinished"] = 100_000 } });
        await ns.JobHoldsAsync("job", job => (long?)job["status"]!["observedGeneration"] == 2, "the edit is observed");
        await ns.ConditionHoldsAsync("job", "Valid", "True");

        var (code, _) = await ns.Api.AskAsync(HttpMethod.Patch, ns.Path("mhctrainingjobs", "job"),
            new JsonObject { ["spec"] = new JsonObject { ["model"] = new JsonObject { ["width"] = 128 } } }, "application/merge-patch+json",
            Cancel);
        if (code == System.Net.HttpStatusCode.OK)
        {
            await ns.ConditionHoldsAsync("job", "Valid", "False", "ChangeRejected");
        }

        Assert.Equal("Succeeded", (string?)(await ns.JobAsync("job"))["status"]!["phase"]);
    }

    private static JobBuilder With(JobBuilder job, JsonObject podSpec) =>
        job.With("workers", "template", new JsonObject { ["spec"] = podSpec });

    private static JsonObject Beside(string name) => new() { ["containers"] = new JsonArray(Container(name)) };

    private static JsonObject Container(string name) => new() { ["name"] = name, ["image"] = "i" };

    private static JsonObject Ended(int code, string message = "") => new()
    {
        ["terminated"] = new JsonObject { ["exitCode"] = code, ["reason"] = code == 0 ? "Completed" : "Error", ["message"] = message },
    };
}
