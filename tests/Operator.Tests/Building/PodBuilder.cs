using System.Globalization;
using MhcOperator.Api;
using k8s.Models;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>Pods as a cluster would show them.</summary>
internal sealed class PodBuilder
{
    private readonly V1Pod _pod;

    private PodBuilder(string job, int attempt, int worker)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{job}-{attempt}-{worker}");
        _pod = new V1Pod
        {
            Metadata = new V1ObjectMeta
            {
                Name = name,
                NamespaceProperty = "default",
                Uid = "uid-" + name,
                CreationTimestamp = Clock.Start.UtcDateTime,
                Labels = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    [Labels.Job] = job,
                    [Labels.Attempt] = attempt.ToString(CultureInfo.InvariantCulture),
                    [Labels.Rank] = worker.ToString(CultureInfo.InvariantCulture),
                },
            },
            Spec = new V1PodSpec { Containers = [new V1Container { Name = "trainer" }] },
            Status = new V1PodStatus { Phase = "Pending" },
        };
        OwnedBy(JobBuilder.Uid);
    }

    public static PodBuilder MakePod(int attempt, int worker, string job = "demo") => new(job, attempt, worker);

    public static IEnumerable<PodBuilder> MakePods(int attempt, int count) => Enumerable.Range(0, count).Select(w => MakePod(attempt, w));

    /// <summary>A whole gang that runs.</summary>
    public static List<V1Pod> MakeRunningGang(int attempt, int count) => [.. MakePods(attempt, count).Select(p => p.Running().Build())];

    public PodBuilder OwnedBy(string uid) => With(p => p.Metadata.OwnerReferences =
        [new V1OwnerReference { ApiVersion = "training.mhc.dev/v1alpha1", Kind = "MhcTrainingJob", Name = "demo", Uid = uid,
        Controller = true }]);

    public PodBuilder OfSomebodyElse() => With(p => p.Metadata.OwnerReferences =
        [new V1OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = "demo", Uid = "another-uid", Controller = true }]);

    public PodBuilder OfGeneration(long generation) =>
        With(p => p.Metadata.Labels[Labels.Generation] = generation.ToString(CultureInfo.InvariantCulture));

    public PodBuilder Scheduled() => With(p => p.Spec.NodeName = "node-1");

    public PodBuilder PlacedAt(DateTimeOffset at) => Scheduled().With(p => p.Status.Conditions =
        [new V1PodCondition { Type = "PodScheduled", Status = "True", LastTransitionTime = at.UtcDateTime }]);

    public PodBuilder Gated() => With(p => p.Spec.SchedulingGates = [new V1PodSchedulingGate { Name = "kueue.x-k8s.io/admission" }]);

    public PodBuilder Unschedulable(string message) => With(p => p.Status.Conditions =
        [new V1PodCondition { Type = "PodScheduled", Status = "False", Reason = "Unschedulable", Message = message }]);

    public PodBuilder Waiting(string reason, string message) => Scheduled().With(p =>
        p.Status.ContainerStatuses = [Status(
            new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = reason, Message = message } })]);

    public PodBuilder Running() => Scheduled().With(p =>
    {
        p.Status.Phase = "Running";
        p.Status.Conditions = [new V1PodCondition { Type = "Ready", Status = "True" }];
        p.Status.ContainerStatuses = [Status(new V1ContainerState { Running = new V1ContainerStateRunning() })];
    });

    /// <summary>Its container can restart in place; no process of it runs where it is not ready.</summary>
    public PodBuilder Supervised(bool ready = true) => Running().With(p =>
    {
        p.Spec.Containers[0].Ports = [new V1ContainerPort { Name = "mhc-worker", ContainerPort = 8471 }];
        p.Status.Conditions = [new V1PodCondition { Type = "Ready", Status = ready ? "True" : "False" }];
        p.Status.ContainerStatuses[0].Ready = ready;
    });

    /// <summary>A container beside the ranks, by the template; null: it has not started.</summary>
    public PodBuilder Beside(string name, V1ContainerState? state, string? restartPolicy = null) => With(p =>
    {
        p.Spec.Containers.Add(new V1Container { Name = name, RestartPolicy = restartPolicy });
        p.Status.ContainerStatuses = [.. p.Status.ContainerStatuses ?? [], Status(state ?? new V1ContainerState(), name)];
        p.Status.Conditions = [.. (p.Status.Conditions ?? []).Where(c => c.Type != "Ready"),
            new V1PodCondition { Type = "Ready", Status = state?.Running is null ? "False" : "True" }];
        p.Status.Phase = state?.Running is not null ? "Running" : p.Status.Phase;
    });

    /// <summary>A container that comes before the ranks, by the template.</summary>
    public PodBuilder Before(string name, V1ContainerState state, string? restartPolicy = null) => With(p =>
    {
        p.Spec.InitContainers = [.. p.Spec.InitContainers ?? [], new V1Container { Name = name, RestartPolicy = restartPolicy }];
        p.Status.InitContainerStatuses = [.. p.Status.InitContainerStatuses ?? [], Status(state, name)];
    });

    /// <summary>The kubelet did not take it, or has ended it as a whole.</summary>
    public PodBuilder Refused(string reason, string message = "Pod was rejected") => Scheduled().With(p =>
    {
        p.Status.Phase = "Failed";
        p.Status.Reason = reason;
        p.Status.Message = message;
        p.Status.Conditions = [];
    });

    public static V1ContainerState Goes() => new() { Running = new V1ContainerStateRunning() };

    public static V1ContainerState Over(int code, string message = "") => Terminated(code, message, null).State;

    /// <summary>It was told to begin an attempt.</summary>
    public PodBuilder Ordered(string order, int count = 0) =>
        With(p => p.Metadata.Annotations = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Annotations.Order] = order,
            [Annotations.OrderCount] = count.ToString(CultureInfo.InvariantCulture),
        });

    public PodBuilder Succeeded() => Ended(0, "");

    /// <summary>Its only container has ended.</summary>
    public PodBuilder Ended(int code, string message, DateTimeOffset? at = null) => Scheduled().With(p =>
    {
        p.Status.Phase = code == 0 ? "Succeeded" : "Failed";
        p.Status.Conditions = [];
        p.Status.ContainerStatuses = [Terminated(code, message, at)];
    });

    /// <summary>One container of several has ended; the pod still runs.</summary>
    public PodBuilder WithEndedContainer(int code, string message, DateTimeOffset? at = null) => Running().With(p =>
        p.Status.ContainerStatuses = [.. p.Status.ContainerStatuses, Terminated(code, message, at)]);

    public PodBuilder Evicted(string message) => Scheduled().With(p =>
    {
        p.Status.Phase = "Failed";
        p.Status.Reason = "Evicted";
        p.Status.Message = message;
    });

    public PodBuilder Disrupted() => With(p => p.Status.Conditions =
        [.. p.Status.Conditions ?? [],
        new V1PodCondition { Type = "DisruptionTarget", Status = "True", Reason = "EvictionByEvictionAPI" }]);

    public PodBuilder Deleting(DateTimeOffset until) => With(p => p.Metadata.DeletionTimestamp = until.UtcDateTime);

    public PodBuilder With(Action<V1Pod> change)
    {
        change(_pod);
        return this;
    }

    public V1Pod Build() => _pod;

    private static V1ContainerStatus Terminated(int code, string message, DateTimeOffset? at) => Status(new V1ContainerState
    {
        Terminated = new V1ContainerStateTerminated
        {
            ExitCode = code,
            Reason = code == 0 ? "Completed" : "Error",
            Message = message,
            FinishedAt = (at ?? Clock.Start).UtcDateTime
        },
    });

    private static V1ContainerStatus Status(V1ContainerState state, string name = "trainer") =>
        new() { Name = name, Image = "mhc-trainer", ImageID = "", Ready = state.Running is not null, RestartCount = 0, State = state };
}
