using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

public sealed class DeadlineTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_may_be_active_until_its_deadline_for_which_suspended_time_does_not_count()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Suspended().With("runPolicy", "activeDeadlineSeconds", 4));
        await ns.ConditionHoldsAsync("job", "Suspended", "True");
        var suspended = Time((await ns.JobAsync("job"))["metadata"]!["creationTimestamp"]!);
        await Eventually.HoldsAsync(() => DateTimeOffset.UtcNow > suspended.AddSeconds(5), "the deadline would be over", Cancel);
        await ns.ChangeAsync("job", new JsonObject { ["suspend"] = false });
        await ns.GangExistsAsync(1, 2);
        var started = Time((await ns.JobAsync("job"))["status"]!["startedAt"]!);
        await ns.ConditionHoldsAsync("job", "Failed", "True", "DeadlineExceeded");
        Assert.True(Time((await ns.JobAsync("job"))["status"]!["finishedAt"]!) >= started.AddSeconds(4), "it had all of its time");
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Count == 0, "its pods are gone", Cancel);
    }

    private static DateTimeOffset Time(JsonNode time) => DateTimeOffset.Parse((string)time!, CultureInfo.InvariantCulture);
}
