using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>Changes of a spec, on a server without CEL: what may not change is named, and the job stays what it was.</summary>
public sealed class ChangeTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_may_not_change_while_the_job_runs_is_named_and_the_job_goes_on_as_it_was()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        var gang = await ns.GangExistsAsync(1, 2);
        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        var configuration = (string?)(await ns.Api.FindAsync(ns.Path("configmaps", "job-config"), Cancel))!["data"]!["trainer.json"];

        await ns.ChangeAsync("job", new JsonObject
        {
            ["model"] = new JsonObject { ["layers"] = 3 },
            ["workers"] = new JsonObject
            {
                ["replicas"] = 3,
                ["template"] = new JsonObject { ["spec"] = new JsonObject { ["nodeSelector"] = new JsonObject { ["a"] = "b" } } }
            },
        });
        await ns.ConditionHoldsAsync("job", "Valid", "False", "ChangeRejected");
        var message = (string?)(await ns.JobAsync("job")).Condition("Valid")!["message"];
        Assert.Contains("spec.model.layers: may not change", message, StringComparison.Ordinal);
        Assert.Contains("spec.workers.replicas: may change only while spec.suspend is true", message, StringComparison.Ordinal);
        Assert.Contains("spec.workers.template: may change only while spec.suspend is true", message, StringComparison.Ordinal);
        await Eventually.HoldsAsync(
            async () => (await ns.EventsAsync("job")).Any(e => ((string?)e["reason"], (string?)e["type"]) == ("ChangeRejected", "Warning")),
            "the event is there", Cancel);

        // A restart makes the gang that was accepted.
        await ns.EndPodAsync(gang[0], 1);
        var second = await ns.GangExistsAsync(2, 2);
        Assert.All(second, pod => Assert.Equal(("2", null), (pod.Variable("WORLD_SIZE"), pod["spec"]!["nodeSelector"]?.ToJsonString())));
        Assert.Equal(configuration,
            (string?)(await ns.Api.FindAsync(ns.Path("configmaps", "job-config"), Cancel))!["data"]!["trainer.json"]);
        await ns.RunGangAsync(second);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        Assert.Equal("Running", (string?)(await ns.JobAsync("job"))["status"]!["phase"]);

        // Suspended, it may have other workers; another model it may never have.
        await ns.ChangeAsync("job", new JsonObject { ["suspend"] = true });
        await ns.ConditionHoldsAsync("job", "Suspended", "True");
        await ns.ChangeAsync("job", new JsonObject { ["suspend"] = false });
        var third = await ns.GangExistsAsync(3, 3);
        Assert.All(third, pod => Assert.Equal("b", (string?)pod["spec"]!["nodeSelector"]!["a"]));
        var now = (string?)(await ns.JobAsync("job")).Condition("Valid")!["message"];
        Assert.Contains("spec.model.layers", now, StringComparison.Ordinal);
        Assert.DoesNotContain("spec.workers", now, StringComparison.Ordinal);

        await ns.ChangeAsync("job", new JsonObject { ["model"] = new JsonObject { ["layers"] = 2 } });
        await ns.ConditionHoldsAsync("job", "Valid", "True", "Accepted");
    }

    [Fact]
    public async Task A_job_of_another_controller_is_not_touched_and_keeps_its_status()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        var manifest = JobBuilder.Make("job").Build();
        manifest["spec"]!["managedBy"] = "example.com/other";
        await ns.Api.CreateAsync(ns.Path("mhctrainingjobs"), manifest, Cancel);
        var theirs = await ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "job") + "/status",
            new JsonObject { ["status"] = new JsonObject { ["phase"] = "Theirs", ["attempt"] = 9 } }, Cancel);
        await ns.OperatorHasGoneOnAsync();
        var job = await ns.JobAsync("job");
        Assert.Equal(((string?)theirs["metadata"]!["resourceVersion"], "Theirs", 9),
            ((string?)job["metadata"]!["resourceVersion"], (string?)job["status"]!["phase"], (int?)job["status"]!["attempt"]));
        Assert.DoesNotContain(await ns.PodsAsync(), pod => pod.Name().StartsWith("job-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_that_is_too_long_for_its_host_names_is_refused_with_the_limit()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        var name = new string('a', 55); // the longest that the server takes, for up to ten workers
        await ns.CreateJobAsync(JobBuilder.Make(name).Replicas(12));
        await ns.ConditionHoldsAsync(name, "Valid", "False", "InvalidSpec");
        Assert.Contains("metadata.name: expected at most 54 characters", (string?)(await ns.JobAsync(name)).Condition("Valid")!["message"],
            StringComparison.Ordinal);
        Assert.Empty(await ns.PodsAsync());
    }
}
