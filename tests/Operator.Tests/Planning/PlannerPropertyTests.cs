using FsCheck;
using FsCheck.Fluent;
using k8s.Models;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning;

/// <summary>Holds for any pods in any state.</summary>
public sealed class PlannerPropertyTests
{
    [Fact]
    public void No_pod_is_made_beside_a_living_one_of_another_attempt() => Check((scene, pods) =>
    {
        var plan = scene.Plan(20);
        var attempt = plan.Status?.Attempt ?? 2;
        var living = pods.Any(
            p => p.Status.Phase is "Running" or "Pending" && p.Metadata.Labels["training.mhc.dev/attempt"] != $"{attempt}");
        return plan.Pods.Count == 0 || !living;
    });

    [Fact]
    public void A_decision_is_taken_once() => Check((scene, _) =>
    {
        var first = scene.Plan(20);
        var second = scene.After(first).Plan(20);
        return first.Status is null || (second.Status ?? first.Status) is var after && after.Attempt == first.Status.Attempt
            && after.Restarts == first.Status.Restarts && after.Rollbacks.Count == first.Status.Rollbacks.Count;
    });

    [Fact]
    public void Nothing_is_made_before_a_decision_is_written() => Check((scene, _) =>
        scene.Plan(20) is not { StatusFollowsPods: true } plan
        || (plan.Status is { Attempt: 1, Restarts: 0, Rollbacks.Count: 0 } && plan.Events.Count == 0));

    [Fact]
    public void With_the_same_pods_the_second_plan_writes_no_status() => Check((scene, _) =>
    {
        var second = scene.After(scene.Plan(20)).Plan(20);
        return second.Status is null && second.Events.Count == 0;
    });

    [Fact]
    public void The_same_observation_gives_the_same_plan() => Check((scene, _) =>
    {
        var (a, b) = (scene.Plan(20), scene.Plan(20));
        return a.PodNames().SequenceEqual(b.PodNames()) && a.DeletedNames().SequenceEqual(b.DeletedNames())
            && a.RequeueAfter == b.RequeueAfter
            && a.Events.SequenceEqual(b.Events) && a.Status?.RestartNotBefore == b.Status?.RestartNotBefore;
    });

    [Fact]
    public void Foreign_pods_are_never_deleted() => Check((scene, pods) =>
        !scene.WithPods([.. pods.Select(p => { p.Metadata.OwnerReferences[0].Uid = "another"; return p; })]).Plan(20).Delete.Any());

    private static void Check(Func<Scene, List<V1Pod>, bool> holds) => Prop
        .ForAll(Gen.Choose(0, 1 << 16).ListOf(4).ToArbitrary(), seeds =>
        {
            var pods = seeds.DistinctBy(s => (s % 2, s / 3 % 3)).Select(Pod).ToList();
            var job = MakeJob().WithWorkers(3);
            var scene = (seeds[0] % 3) switch
            {
                0 => Scene.Of(job, MakeRunning(2, 3)),
                1 => Scene.Of(job, MakeStatus().With(s => s.Attempt = 2)),
                _ => Scene.Of(job), // nothing was written yet
            };
            return holds(scene.WithPods(pods), pods);
        })
        .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static V1Pod Pod(int seed)
    {
        var pod = MakePod((seed % 2) + 1, seed / 3 % 3);
        var state = seed / 9;
        pod = (state % 8) switch
        {
            0 => pod,
            1 or 2 => pod.Running(),
            3 => pod.Succeeded(),
            4 => pod.Ended(75, "", Clock.After(state % 30)),
            5 => pod.Ended(86, Verdicts.LossSpike()),
            6 => pod.Ended(137, ""),
            _ => pod.Ended(78, ""),
        };
        return (state / 8 % 4 == 0 ? pod.Deleting(Clock.After(60)) : pod).Build();
    }
}
