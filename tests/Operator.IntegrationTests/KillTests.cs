using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>The operator is killed in the middle of a restart; the next one finds the rest out from the cluster alone.</summary>
public sealed class KillTests(SharedServer shared)
{
    private const int Replicas = 12;

    private static readonly Dictionary<string, Func<JsonObject, IReadOnlyList<JsonObject>, bool>> KillPoints = new(StringComparer.Ordinal)
    {
        ["as soon as the pods have failed"] = (_, _) => true,
        ["when the new attempt is decided"] = (job, _) => (int?)job["status"]!["attempt"] == 2,
        ["when the first old pod is gone"] = (_, pods) => pods.Count(IsOld) < Replicas,
        ["when all old pods are gone"] = (_, pods) => !pods.Any(IsOld),
        ["when the first new pod is there"] = (_, pods) => pods.Any(pod => !IsOld(pod)),
        ["when half of the new pods are there"] = (_, pods) => pods.Count(pod => !IsOld(pod)) >= Replicas / 2,
    };

    public static TheoryData<string> Points => [.. KillPoints.Keys];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task An_operator_killed_in_the_middle_of_a_restart_leaves_no_pod_missing_and_none_twice(string point)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using (var first = await ns.RunProgramAsync(null, "--no-leader-election", "--no-rehearsal"))
        {
            await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(Replicas));
            var gang = await ns.GangExistsAsync(1, Replicas);
            await ns.RunGangAsync(gang);
            await ns.ConditionHoldsAsync("job", "Running", "True");
            await ns.EndPodAsync(gang[3], 1);
            await Eventually.HoldsAsync(async () => KillPoints[point](await ns.JobAsync("job"), await ns.PodsAsync()), point,
                TestContext.Current.CancellationToken);
            first.Kill();
        }

        using var second = await ns.RunOperatorAsync("--no-leader-election");
        var gangNow = await ns.GangExistsAsync(2, Replicas);
        Assert.Equal(
            Enumerable.Range(0, Replicas).Select(rank => $"job-2-{rank}").Order(StringComparer.Ordinal),
            gangNow.Select(pod => pod.Name()).Order(StringComparer.Ordinal));
        await ns.RunGangAsync(gangNow);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        var status = (await ns.JobAsync("job"))["status"]!;
        Assert.Equal((2, 1), ((int?)status["attempt"], (int?)status["restarts"]));
    }

    private static bool IsOld(JsonObject pod) => pod.Name().StartsWith("job-1-", StringComparison.Ordinal);
}
