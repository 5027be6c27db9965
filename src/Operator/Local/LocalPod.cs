using k8s;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Local;

/// <summary>
/// A pod of the local cluster from its creation until it is gone: starts its containers, those that come first one after the other, keeps
/// the status as a kubelet would, and ends them with SIGTERM, the grace period and SIGKILL. Every status is a new object, so what was read
/// before does not change.
/// </summary>
internal sealed class LocalPod
{
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly Action changed;
    private readonly Action gone;
    private readonly List<ILaunchedContainer?> containers = [];
    private readonly List<V1ContainerStatus> statuses = [];
    private readonly Queue<V1Container> first = [];
    private readonly HashSet<string> before = new(StringComparer.Ordinal);
    private readonly HashSet<string> sidecars = new(StringComparer.Ordinal);
    private bool waits = true;
    private V1Pod snapshot;
    private ITimer? killer;
    private bool started;
    private bool removed;

    /// <param name="pod">With uid and creation time.</param>
    /// <param name="time">Clock of the grace period.</param>
    /// <param name="changed">Called after every change of status.</param>
    /// <param name="gone">Called once, when it was deleted and every process of it has ended.</param>
    public LocalPod(V1Pod pod, TimeProvider time, Action changed, Action gone)
    {
        snapshot = pod;
        this.time = time;
        this.changed = changed;
        this.gone = gone;
    }

    /// <summary>The pod as it is now.</summary>
    public V1Pod Snapshot
    {
        get
        {
            lock (gate)
            {
                return snapshot;
            }
        }
    }

    public void Start(IPodLauncher launcher, string? configuration)
    {
        foreach (var container in Snapshot.Spec.InitContainers ?? [])
        {
            first.Enqueue(container);
            before.Add(container.Name);
            if (container.RestartPolicy == "Always")
            {
                sidecars.Add(container.Name);
            }
        }

        GoOn(container => launcher.Launch(new ContainerLaunch(Snapshot, container, configuration)));
    }

    /// <summary>Starts the next container that comes first, or all others when those are done; a sidecar among them goes on.</summary>
    private void GoOn(Func<V1Container, ILaunchedContainer> launch)
    {
        List<(int Index, ILaunchedContainer Container, bool Blocks)> launched = [];
        lock (gate)
        {
            started = true;
            var blocks = false;
            while (!blocks && snapshot.Metadata.DeletionTimestamp is null && first.TryDequeue(out var container))
            {
                blocks = !sidecars.Contains(container.Name);
                Launch(container, blocks);
            }

            if (!blocks && snapshot.Metadata.DeletionTimestamp is null)
            {
                waits = false;
                foreach (var container in snapshot.Spec.Containers)
                {
                    Launch(container, blocks: false);
                }
            }

            Publish();
        }

        changed();
        foreach (var (index, container, blocks) in launched)
        {
            container.OnExit(exit =>
            {
                Ended(index, exit);
                if (blocks && exit.ExitCode == 0)
                {
                    GoOn(launch);
                }
            });
        }

        RemoveIfOver();

        void Launch(V1Container container, bool blocks)
        {
            try
            {
                var process = launch(container);
                launched.Add((containers.Count, process, blocks));
                containers.Add(process);
                statuses.Add(Status(container.Name, new V1ContainerState { Running = new V1ContainerStateRunning { StartedAt = Now() } }));
            }
            catch (IOException e)
            {
                containers.Add(null);
                statuses.Add(Status(container.Name, Terminated(new ContainerExit(128, e.Message), "StartError")));
            }
        }
    }

    /// <summary>Ends the pod; a second call can only shorten the grace.</summary>
    public void Delete(int graceSeconds)
    {
        lock (gate)
        {
            var deadline = time.GetUtcNow().PlusSeconds(graceSeconds).UtcDateTime;
            if (snapshot.Metadata.DeletionTimestamp is null || snapshot.Metadata.DeletionTimestamp > deadline)
            {
                snapshot = Clone(snapshot);
                snapshot.Metadata.DeletionTimestamp = deadline;
                snapshot.Metadata.DeletionGracePeriodSeconds = graceSeconds;
                killer?.Dispose();
                killer = graceSeconds > 0 ? time.CreateTimer(_ => Kill(), null, Waits.Bounded(TimeSpan.FromSeconds(graceSeconds)), Timeout.InfiniteTimeSpan) : null;
            }
        }

        if (graceSeconds > 0)
        {
            foreach (var container in Launched())
            {
                container.Terminate();
            }
        }
        else
        {
            Kill();
        }

        changed();
        RemoveIfOver();
    }

    public void Dump()
    {
        foreach (var container in Launched())
        {
            container.Dump();
        }
    }

    public void Kill()
    {
        foreach (var container in Launched())
        {
            container.Kill();
        }
    }

    private List<ILaunchedContainer> Launched()
    {
        lock (gate)
        {
            return [.. containers.OfType<ILaunchedContainer>()];
        }
    }

    private void Ended(int index, ContainerExit exit)
    {
        lock (gate)
        {
            statuses[index] = Status(statuses[index].Name, Terminated(exit, exit.ExitCode == 0 ? "Completed" : "Error"));
            Publish();
        }

        changed();
        if (HasDone())
        {
            // Sidecars end with what they serve.
            foreach (var sidecar in Launched())
            {
                sidecar.Terminate();
            }
        }

        RemoveIfOver();
    }

    private void RemoveIfOver()
    {
        lock (gate)
        {
            if (!started || removed || snapshot.Metadata.DeletionTimestamp is null || statuses.Exists(s => s.State.Terminated is null))
            {
                return;
            }

            removed = true;
            killer?.Dispose();
        }

        gone();
    }

    /// <summary>Whether the containers have ended that sidecars are there for, or never start.</summary>
    private bool HasDone()
    {
        lock (gate)
        {
            return waits ? HasFailedBefore() : statuses.TrueForAll(s => before.Contains(s.Name) || s.State.Terminated is not null);
        }
    }

    private bool HasFailedBefore() =>
        statuses.Exists(s => before.Contains(s.Name) && !sidecars.Contains(s.Name) && s.State.Terminated is { ExitCode: not 0 });

    private void Publish()
    {
        var running = statuses.Exists(s => s.State.Terminated is null);
        var failed = HasFailedBefore() || statuses.Exists(s => !before.Contains(s.Name) && s.State.Terminated is { ExitCode: not 0 });
        var phase = (waits && !failed) ? "Pending" : running ? "Running" : failed ? "Failed" : "Succeeded";
        snapshot = Clone(snapshot);
        snapshot.Status = new V1PodStatus
        {
            Phase = phase,
            PodIP = "127.0.0.1",
            StartTime = snapshot.Status?.StartTime ?? Now(),
            InitContainerStatuses = before.Count == 0 ? null : [.. statuses.Where(s => before.Contains(s.Name))],
            ContainerStatuses = [.. statuses.Where(s => !before.Contains(s.Name))],
            Conditions =
            [
                new V1PodCondition { Type = "PodScheduled", Status = "True" },
                new V1PodCondition { Type = "Ready", Status = phase == "Running" ? "True" : "False" },
            ],
        };
    }

    private V1ContainerState Terminated(ContainerExit exit, string reason) => new()
    {
        Terminated = new V1ContainerStateTerminated { ExitCode = exit.ExitCode, Reason = reason, Message = exit.Message, FinishedAt = Now() },
    };

    private static V1ContainerStatus Status(string name, V1ContainerState state) => new()
    {
        Name = name,
        Image = "local",
        ImageID = "local",
        Ready = state.Running is not null,
        RestartCount = 0,
        State = state,
    };

    private DateTime Now() => time.GetUtcNow().UtcDateTime;

    private static V1Pod Clone(V1Pod pod) => KubernetesJson.Deserialize<V1Pod>(KubernetesJson.Serialize(pod));
}
