using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

public sealed class RepairTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("services", "job")]
    [InlineData("configmaps", "job-config")]
    public async Task What_is_deleted_under_a_running_job_is_made_again(string resource, string name)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await ns.RunGangAsync(await ns.GangExistsAsync(1, 2));
        await ns.ConditionHoldsAsync("job", "Running", "True");
        var before = await ns.Api.FindAsync(ns.Path(resource, name), Cancel);
        await ns.Api.DeleteAsync(ns.Path(resource, name), Cancel);
        await Eventually.HoldsAsync(
            async () => await ns.Api.FindAsync(ns.Path(resource, name), Cancel) is { } now && now.Uid() != before!.Uid(),
            "it is there again", Cancel);
        await ns.GangExistsAsync(1, 2);
    }

    [Fact]
    public async Task A_service_of_somebody_else_is_left_alone_the_job_says_so_and_goes_on_when_it_is_gone()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        var foreign = await ns.Api.CreateAsync(ns.Path("services"), Service("job"), Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await ns.ConditionHoldsAsync("job", "GangScheduled", "False", "NameConflict");
        Assert.Equal(foreign.Uid(), (await ns.Api.FindAsync(ns.Path("services", "job"), Cancel))!.Uid());
        Assert.Empty(await ns.PodsAsync());
        await ns.Api.DeleteAsync(ns.Path("services", "job"), Cancel);
        await ns.GangExistsAsync(1, 2);
    }

    [Fact]
    public async Task A_pod_of_somebody_else_is_left_alone_and_the_job_names_it()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        var foreign = await ns.Api.CreateAsync(ns.Path("pods"), Pod("job-1-0"), Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await ns.JobHoldsAsync("job", job => job["status"]?.ToJsonString().Contains("job-1-0", StringComparison.Ordinal) == true,
            "it names the pod");
        Assert.Equal(foreign.Uid(), (await ns.Api.FindAsync(ns.Path("pods", "job-1-0"), Cancel))!.Uid());
    }

    [Fact]
    public async Task A_job_that_breaks_a_rule_says_which_has_no_pods_and_does_not_disturb_others()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("bad").Heads(7));
        await ns.ConditionHoldsAsync("bad", "Valid", "False");
        Assert.Contains("spec.model.heads", (string?)(await ns.JobAsync("bad")).Condition("Valid")!["message"], StringComparison.Ordinal);
        await ns.CreateJobAsync(JobBuilder.Make("good"));
        var gang = await ns.GangExistsAsync(1, 2);
        Assert.All(gang, pod => Assert.StartsWith("good-", pod.Name(), StringComparison.Ordinal));
        Assert.False(running.HasExited);
    }

    [Fact]
    public async Task A_bad_job_that_is_put_right_starts()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Heads(7));
        await ns.ConditionHoldsAsync("job", "Valid", "False");
        await ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "job"),
            new JsonObject { ["spec"] = new JsonObject { ["model"] = new JsonObject { ["heads"] = 8 } } }, Cancel);
        await ns.GangExistsAsync(1, 2);
        await ns.ConditionHoldsAsync("job", "Valid", "True");
    }

    private static JsonObject Service(string name) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["ports"] = new JsonArray(new JsonObject { ["port"] = 80, ["protocol"] = "TCP" }) },
    };

    private static JsonObject Pod(string name) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i" }) },
    };
}
