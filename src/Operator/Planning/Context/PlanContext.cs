using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Errors;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Context;

/// <summary>What the policies of one plan share: what is observed, the status as it becomes, and what is to be done so far.</summary>
internal sealed class PlanContext
{
    private readonly List<V1Pod> _dumps = [];
    private readonly List<PodOrder> _orders = [];
    private readonly List<V1Pod> _stops = [];
    private readonly List<PodDeletion> _deletions = [];
    private readonly List<PodGroup> _groupDeletions = [];
    private readonly List<V1ConfigMap> _mapDeletions = [];
    private readonly List<JsonObject> _creations = [];
    private readonly List<JsonObject> _applications = [];
    private readonly List<ClusterEvent> _events = [];
    private readonly List<TakenName> _taken = [];
    private PodManifests _pods = PodManifests.None;
    private Gang? _gang;
    private TimeSpan? _requeueAfter;
    private ClaimOwnership? _claim;
    private bool _suspendJob;
    private bool _deleteJob;

    public PlanContext(Observed observed, DateTimeOffset now)
    {
        Observed = observed;
        Now = now;
        (Job, RejectedChanges, UnreadableSpec) = AcceptedJob.Of(observed.Manifest, observed.Status);
        Status = (observed.Status ?? new MhcTrainingJobStatus()) with { };
    }

    public Observed Observed { get; }

    public DateTimeOffset Now { get; }

    /// <summary>The job as it is acted on: without changes that may not be.</summary>
    public MhcTrainingJob Job { get; }

    /// <summary>Changes of the spec that may not be.</summary>
    public IReadOnlyList<FieldError> RejectedChanges { get; }

    /// <summary>What keeps the spec that was accepted from being read; null: nothing.</summary>
    public FieldError? UnreadableSpec { get; }

    public MhcTrainingJobSpec Spec => Job.Spec;

    /// <summary>The working copy: its properties may be set, the objects in it may not.</summary>
    public MhcTrainingJobStatus Status { get; }

    /// <summary>The pods, sorted by the attempt that the working status names.</summary>
    public Gang Gang => _gang ??= Gang.Of(Observed, Job, Status);

    /// <summary>Whether the current attempt begins in the pods of the one before, and has not begun in all of them.</summary>
    public bool IsRestartingInPlace => Status.InPlace is { PodsAttempt: not null, Pending: true };

    /// <summary>
    /// Whether a pod has lost its label and does not get it back: it may train on, so that nothing is decided about its gang.
    /// </summary>
    public bool HasLostPods => Observed.Refusals.Any(r => r.Write == WriteKind.Reclaim);

    /// <summary>Whether pods are made in this plan.</summary>
    public bool MakesPods => _pods.Count > 0;

    /// <summary>Whether the stored status says that the job is suspended, and it is no longer.</summary>
    private bool IsResumed => Observed.Status is { } stored && Conditions.IsTrue(stored.Conditions, ConditionTypes.Suspended);

    /// <summary>Whether the stored status does not say yet what the working one says of refused writes.</summary>
    private bool HasNewsOfRefusals =>
        Condition(ConditionTypes.Reconciled) is { } told
        && (Conditions.Find(Observed.Status?.Conditions ?? [], ConditionTypes.Reconciled) is not { } stored
            || (stored.Status, stored.Message) != (told.Status, told.Message));

    /// <summary>
    /// Whether all pods of the current attempt have been there: one that is missing has then been lost, not delayed. The stored status says
    /// so some seconds after this process has seen it. An attempt that began in pods of another has had all of them.
    /// </summary>
    public bool GangWasComplete =>
        Status.InPlace?.PodsAttempt is not null
        || Observed.CompleteAttempt == Status.Attempt
        || (Observed.Status is { } stored && stored.Attempt == Status.Attempt && stored.Attempt > 0
        && stored.Workers.Active + stored.Workers.Succeeded + stored.Workers.Failed >= Spec.Workers.Replicas);

    /// <summary>Rank 0's last answer, where it is about the current attempt.</summary>
    public TrainerStatus? Report => Observed.Report?.Status is { } report && report.Attempt == Status.Attempt ? report : null;

    /// <summary>Names that the job needs and others have.</summary>
    public IReadOnlyList<TakenName> Taken => _taken;

    public bool Is(string conditionType) => Conditions.IsTrue(Status.Conditions, conditionType);

    public V1Condition? Condition(string type) => Conditions.Find(Status.Conditions, type);

    public void SetCondition(string type, string status, string reason, string message) =>
        Status.Conditions = Conditions.Set(Status.Conditions, new V1Condition
        {
            Type = type,
            Status = status,
            Reason = ConditionText.Reason(reason),
            Message = ConditionText.Message(message),
            ObservedGeneration = Job.Metadata.Generation,
            LastTransitionTime = new DateTime(Now.UtcTicks - (Now.UtcTicks % TimeSpan.TicksPerSecond), DateTimeKind.Utc),
        });

    /// <summary>Goes on to the next attempt, in the pods that are there or, where they become the ones before, in new ones.</summary>
    /// <param name="inPlace">Whether it begins in the pods that are there.</param>
    public void NextAttempt(bool inPlace = false)
    {
        var last = Status.InPlace;
        Status.InPlace = inPlace
            ? new InPlaceStatus
            {
                PodsAttempt = GangAttempt.Of(Status),
                Pending = true,
                Restarts = (last?.Restarts ?? 0) + 1,
                AtStep = FurthestStep.Of(Status),
                Since = Now.UtcDateTime,
            }
            : last is null ? null : last with { PodsAttempt = null, Pending = null };
        // no operator has counted to those
        Status.Attempt = Status.Attempt is < 0 or >= TrainerEnvironment.MostAttempts ? 1 : Status.Attempt + 1;
        Status.Workers = new WorkerCounts();
        _gang = null;
    }

    public void Note(TakenName name)
    {
        if (!_taken.Contains(name))
        {
            _taken.Add(name);
        }
    }

    public void Say(string reason, string message) =>
        _events.Add(new ClusterEvent(IsWarning: false, reason, ConditionText.Message(message)));

    public void Warn(string reason, string message) =>
        _events.Add(new ClusterEvent(IsWarning: true, reason, ConditionText.Message(message)));

    public void RequeueAt(DateTimeOffset at)
    {
        var wait = at > Now ? at - Now : TimeSpan.Zero;
        _requeueAfter = _requeueAfter is { } sooner && sooner < wait ? sooner : wait;
    }

    /// <summary>Asks the processes of a pod where they stand.</summary>
    public void AskForDump(V1Pod pod) => _dumps.Add(pod);

    /// <summary>Tells a pod's processes to begin the current attempt.</summary>
    public void Order(V1Pod pod, string order, int count) => _orders.Add(new PodOrder(pod, order, count));

    /// <summary>Ends what still runs in a pod, which stays for its logs.</summary>
    public void Stop(V1Pod pod)
    {
        if (pod.Metadata.DeletionTimestamp is null && pod.Spec?.ActiveDeadlineSeconds is not 1)
        {
            _stops.Add(pod);
        }
    }

    public void Delete(V1Pod pod)
    {
        if (pod.Metadata.DeletionTimestamp is null)
        {
            _deletions.Add(new PodDeletion(pod));
        }
    }

    public void Delete(PodGroup group)
    {
        if (group.Metadata.DeletionTimestamp is null)
        {
            _groupDeletions.Add(group);
        }
    }

    public void Delete(V1ConfigMap map)
    {
        if (map.Metadata.DeletionTimestamp is null)
        {
            _mapDeletions.Add(map);
        }
    }

    /// <summary>Takes a pod out of the cluster whose processes can no longer run.</summary>
    public void DeleteByForce(V1Pod pod) => _deletions.Add(new PodDeletion(pod, GraceSeconds: 0));

    public void Create(JsonObject manifest) => _creations.Add(manifest);

    public void Apply(JsonObject manifest) => _applications.Add(manifest);

    public void CreatePods(PodManifests manifests) => _pods = manifests;

    public void Own(V1PersistentVolumeClaim item, bool owned) => _claim = new ClaimOwnership(item, owned);

    public void SuspendJob() => _suspendJob = true;

    public void DeleteJob() => _deleteJob = true;

    /// <summary>Whether a write that was refused is still to be done.</summary>
    public bool Wants(Refusal refusal) => refusal.Write switch
    {
        WriteKind.Create => _creations.Exists(refusal.IsOf)
            || (refusal.Kind == "Pod" && _pods.Names.Contains(refusal.Name, StringComparer.Ordinal)),
        WriteKind.Apply => _applications.Exists(refusal.IsOf),
        WriteKind.Order => _orders.Exists(o => o.Pod.Metadata.Name == refusal.Name),
        WriteKind.Delete when refusal.Kind == MhcTrainingJob.KindName => _deleteJob,
        WriteKind.Delete => _deletions.Exists(d => d.Pod.Metadata.Name == refusal.Name)
            || _mapDeletions.Exists(m => m.Metadata.Name == refusal.Name)
            || _groupDeletions.Exists(g => g.Metadata.Name == refusal.Name),
        WriteKind.Own => _claim is not null,
        WriteKind.Stop => _stops.Exists(p => p.Metadata.Name == refusal.Name),
        _ => true,
    };

    public Plan ToPlan()
    {
        if (_suspendJob)
        {
            // Whatever else was decided must wait for it; that it was refused must not.
            var told = Condition(ConditionTypes.Reconciled);
            var stored = (Observed.Status ?? new MhcTrainingJobStatus()) with { };
            stored.Conditions = told is null ? stored.Conditions : Conditions.Set(stored.Conditions, told);
            var isNews = !ReferenceEquals(stored.Conditions, Observed.Status?.Conditions) && told is not null;
            return new Plan
            {
                SuspendJob = true,
                Status = isNews ? stored : null,
                Events = isNews ? [.. _events.Where(e => e.Reason == Reasons.WriteRefused)] : [],
                RequeueAfter = _requeueAfter,
            };
        }

        var change = StatusChange.Between(Observed, Status, Now);
        if (change.RequeueAt is { } at)
        {
            RequeueAt(at);
        }

        return new Plan
        {
            Status = change.Write ? Status : null,
            StatusFollowsPods = Observed.Status is null or { Attempt: 0 } && !IsResumed && Status.Attempt == 1 && _pods.Count > 0
                && _events.Count == 0
                && !HasNewsOfRefusals,
            DebounceStatus = change.RequeueAt is not null,
            Dump = change.Write ? _dumps : [],
            Order = _orders,
            Stop = _stops,
            Delete = _deletions,
            DeleteGroups = _groupDeletions,
            DeleteMaps = _mapDeletions,
            Create = _creations,
            Apply = _applications,
            Pods = _pods,
            Claim = _claim,
            DeleteJob = _deleteJob,
            // An event tells of a change of status, so one without the other would be told again on every look.
            Events = change.Write ? _events : [],
            RequeueAfter = _requeueAfter,
        };
    }
}
