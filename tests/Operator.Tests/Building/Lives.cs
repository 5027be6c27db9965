using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Gangs;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>Whole lives of jobs, which between them have every kind of write done.</summary>
internal static class Lives
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>By name: how a life goes, and a beginning of each write to do without for once.</summary>
    public static IReadOnlyDictionary<string, (Func<Simulation> Begin, Func<Simulation, Task> GoOn, string[] Writes)> All { get; } =
        new Dictionary<string, (Func<Simulation>, Func<Simulation, Task>, string[])>(StringComparer.Ordinal)
        {
            ["usual"] = (
                () => new Simulation(Hasty().WithResponse(StabilityResponse.Suspend)
                    .With(j => j.Spec.RunPolicy.TtlSecondsAfterFinished = 300)),
                LiveAsUsualAsync,
                [
                    "create Service demo", "create ConfigMap demo", "create PersistentVolumeClaim demo", "create Pod demo-1-0",
                    "create Pod demo-2-1",
                    "apply ConfigMap demo", "delete Pod demo-1-1", "status", "event GangRunning", "event Succeeded", "suspend",
                    "delete job",
                ]),
            ["in place"] = (() => new Simulation(MakeJob()), RestartInPlaceAsync, ["order Pod demo-1-1"]),
            ["beside a sidecar"] = (() => new Simulation(MakeJob().WithRestarts(0).With(AddHelper)), FailBesideASidecarAsync,
                ["stop Pod demo-1-0"]),
            ["without leave"] = (() => new Simulation(MakeJob()), StartWithoutLeaveAsync, ["own PersistentVolumeClaim demo-checkpoints"]),
            ["immutable"] = (() => new Simulation(Hasty()), ChangeWhatIsImmutableAsync, ["delete ConfigMap demo"]),
            ["in a group"] = (
                () => new Simulation(Hasty().With(j => j.Spec.Scheduling.Gang = GangKind.Coscheduling)), LiveInAGroupAsync,
                ["create PodGroup", "delete PodGroup"]),
            ["without a label"] = (() => new Simulation(Hasty()), LoseALabelAsync, ["reclaim Pod demo-1-1"]),
        };

    /// <summary>From the start over a rollback, a suspension and a change to the deletion.</summary>
    private static async Task LiveAsUsualAsync(Simulation simulation)
    {
        await simulation.PassAsync(Minute);
        simulation.Launcher.Alive[0].Exit(86, Verdicts.LossSpike(restore: 100));
        await simulation.PassAsync(2 * Minute);
        simulation.Local.Update(simulation.Key,
            spec => spec with { Suspend = false, Optimization = spec.Optimization with { PeakLearningRate = 0.125 } });
        await simulation.PassAsync(Minute);
        await SucceedAsync(simulation, 10 * Minute);
        Assert.Null(simulation.Local.FindJob(simulation.Key));
    }

    private static async Task RestartInPlaceAsync(Simulation simulation)
    {
        var cluster = simulation.Cluster;
        await simulation.PassAsync(Minute);
        cluster.Workers = pod => cluster.Orders.ContainsKey(pod.Metadata.Uid)
            ? [new WorkerReport { Attempt = 2 }]
            : [new WorkerReport { Attempt = 1, ExitCode = ExitCode.TryAgain, EndedAt = Clock.Start.UtcDateTime }];
        cluster.Show = pod => cluster.Orders.TryGetValue(pod.Metadata.Uid, out var order)
            ? Changed(pod, p => p.Metadata.Annotations[Annotations.Order] = order)
            : Changed(pod, p => p.Status.Conditions.Single(c => c.Type == "Ready").Status = "False");
        await simulation.PassAsync(Minute);
        Assert.Equal(["demo-1-0", "demo-1-1"], simulation.PodNames);
        await SucceedAsync(simulation, Minute);
    }

    private static async Task FailBesideASidecarAsync(Simulation simulation)
    {
        await simulation.PassAsync(Minute);
        simulation.Launcher.Alive[0].Exit(1);
        await simulation.PassAsync(Minute);
        Assert.True(simulation.Is(ConditionTypes.Failed));
    }

    /// <summary>Its claim is to go with it as long as no pod is accepted, and to stay from then on.</summary>
    private static async Task StartWithoutLeaveAsync(Simulation simulation)
    {
        simulation.Cluster.Forbid = what => what.StartsWith("create Pod", StringComparison.Ordinal) ? "pods are not wanted here" : null;
        await simulation.PassAsync(Minute);
        Assert.Single(simulation.Local.FindClaim("default", "demo-checkpoints")!.Metadata.OwnerReferences);
        simulation.Cluster.Forbid = _ => null;
        await simulation.PassAsync(2 * Minute);
        Assert.Null(simulation.Local.FindClaim("default", "demo-checkpoints")!.Metadata.OwnerReferences);
        await SucceedAsync(simulation, Minute);
    }

    private static async Task ChangeWhatIsImmutableAsync(Simulation simulation)
    {
        await simulation.PassAsync(Minute);
        simulation.Local.FindConfigMap("default", GangNames.ConfigMap("demo"))!.Immutable = true;
        simulation.Local.Update(simulation.Key, spec => spec with { Optimization = spec.Optimization with { PeakLearningRate = 0.125 } });
        simulation.Launcher.Alive[0].Exit(137);
        await simulation.PassAsync(Minute);
        await SucceedAsync(simulation, Minute);
    }

    private static async Task LiveInAGroupAsync(Simulation simulation)
    {
        simulation.Cluster.Gangs = ApiSupport.Of("scheduling.x-k8s.io/v1alpha1", "PodGroup");
        await simulation.PassAsync(Minute);
        simulation.Launcher.Alive[0].Exit(137);
        await simulation.PassAsync(Minute);
        await SucceedAsync(simulation, Minute);
        Assert.Empty(simulation.Cluster.ListPodGroups(simulation.Key));
    }

    private static async Task LoseALabelAsync(Simulation simulation)
    {
        var cluster = simulation.Cluster;
        await simulation.PassAsync(Minute);
        cluster.Show = pod => pod.Metadata.Name != "demo-1-1" ? pod
            : cluster.Reclaimed.ContainsKey(pod.Metadata.Uid) ? Changed(pod, p => p.Metadata.Labels[Labels.Attempt] = "0")
            : null;
        await simulation.PassAsync(2 * Minute);
        Assert.Equal(["demo-2-0", "demo-2-1"], simulation.PodNames);
        await SucceedAsync(simulation, Minute);
    }

    private static async Task SucceedAsync(Simulation simulation, TimeSpan time)
    {
        Assert.True(simulation.Is(ConditionTypes.Running));
        simulation.Launcher.Alive.ToList().ForEach(c => c.Exit(0));
        await simulation.PassAsync(time);
    }

    private static JobBuilder Hasty() => MakeJob().WithBackoff(0, 0);

    private static void AddHelper(MhcTrainingJob job) =>
        job.Spec.Workers.Template = JsonNode.Parse("""{"spec":{"containers":[{"name":"helper","image":"helper"}]}}""")!.AsObject();

    private static V1Pod Changed(V1Pod pod, Action<V1Pod> change)
    {
        var copy = KubernetesJson.Deserialize<V1Pod>(KubernetesJson.Serialize(pod));
        change(copy);
        return copy;
    }
}
