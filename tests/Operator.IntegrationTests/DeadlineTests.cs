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

    [Theory]
    [InlineData(
        """{"attempt":1,"step":5,"totalSteps":100,"gain":{"forward":1e999,"backward":1},"loss":-1e999,"etaSeconds":1e999,"stabilityState":"Healthy"}""")]
    [InlineData(
        """{"attempt":1,"step":2000000000,"totalSteps":-1,"latestCheckpoint":-5,"stabilityState":"\u001b[2J","firstStep":1,"firstStepAt":"9998-12-31T23:59:59Z"}""")]
    public async Task Whatever_a_trainer_says_the_deadline_holds(string answer)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var trainer = new PlayedTrainer { Words = answer };
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1).With("runPolicy", "activeDeadlineSeconds", 8));
        await ns.RunPodAsync((await ns.GangExistsAsync(1, 1))[0], trainer.Address);
        await ns.JobHoldsAsync("job", job => (int?)job["status"]?["progress"]?["step"] > 0, "the trainer was heard");
        await ns.ConditionHoldsAsync("job", "Failed", "True", "DeadlineExceeded");
    }

    private static DateTimeOffset Time(JsonNode time) => DateTimeOffset.Parse((string)time!, CultureInfo.InvariantCulture);
}
