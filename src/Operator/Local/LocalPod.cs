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
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly Action _gone;
    private readonly List<ILaunchedContainer?> _containers = [];
    private readonly List<V1ContainerStatus> _statuses = [];
    private readonly Queue<V1Container> _first = [];
    private readonly HashSet<string> _before = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sidecars = new(StringComparer.Ordinal);
    private bool _waits = true;
    private V1Pod _snapshot;
    private ITimer? _killer;
    private bool _started;
    private bool _removed;

    /// <param name="pod">With uid and creation time.</param>
    /// <param name="time">Clock of the grace period.</param>
    /// <param name="changed">Called after every change of status.</param>
    /// <param name="gone">Called once, when it was deleted and every process of it has ended.</param>
    public LocalPod(V1Pod pod, TimeProvider time, Action changed, Action gone)
    {
        _snapshot = pod;
        _time = time;
        _changed = changed;
        _gone = gone;
    }

    /// <summary>The pod as it is now.</summary>
    public V1Pod Snapshot
    {
        get
        {
            lock (_gate)
            {
                return _snapshot;
            }
        }
    }

    public void Start(IPodLauncher launcher, string? configuration)
    {
        foreach (var container in Snapshot.Spec.InitContainers ?? [])
        {
            _first.Enqueue(container);
            _before.Add(container.Name);
            if (container.RestartPolicy == "Always")
            {
                _sidecars.Add(container.Name);
            }
        }

        GoOn(container => launcher.Launch(new ContainerLaunch(Snapshot, container, configuration)));
    }

    /// <summary>Starts the next container that comes first, or all others when those are done; a sidecar among them goes on.</summary>
    private void GoOn(Func<V1Container, ILaunchedContainer> launch)
    {
        List<(int Index, ILaunchedContainer Container, bool Blocks)> launched = [];
        lock (_gate)
        {
            _started = true;
            var blocks = false;
            while (!blocks && _snapshot.Metadata.DeletionTimestamp is null && _first.TryDequeue(out var container))
            {
                blocks = !_sidecars.Contains(container.Name);
                Launch(container, blocks);
            }

            if (!blocks && _snapshot.Metadata.DeletionTimestamp is null)
            {
                _waits = false;
                foreach (var container in _snapshot.Spec.Containers)
                {
                    Launch(container, blocks: false);
                }
            }

            Publish();
        }

        _changed();
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
                launched.Add((_containers.Count, process, blocks));
                _containers.Add(process);
                _statuses.Add(Status(container.Name, new V1ContainerState { Running = new V1ContainerStateRunning { StartedAt = Now() } }));
            }
            catch (IOException e)
            {
                _containers.Add(null);
                _statuses.Add(Status(container.Name, Terminated(new ContainerExit(128, e.Message), "StartError")));
            }
        }
    }

    /// <summary>Ends the pod; a second call can only shorten the grace.</summary>
    public void Delete(int graceSeconds)
    {
        lock (_gate)
        {
            var deadline = _time.GetUtcNow().PlusSeconds(graceSeconds).UtcDateTime;
            if (_snapshot.Metadata.DeletionTimestamp is null || _snapshot.Metadata.DeletionTimestamp > deadline)
            {
                _snapshot = Clone(_snapshot);
                _snapshot.Metadata.DeletionTimestamp = deadline;
                _snapshot.Metadata.DeletionGracePeriodSeconds = graceSeconds;
                _killer?.Dispose();
                _killer = graceSeconds > 0
                    ? _time.CreateTimer(_ => Kill(), null, Waits.Bounded(TimeSpan.FromSeconds(graceSeconds)),
                        Timeout.InfiniteTimeSpan) : null;
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

        _changed();
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
        lock (_gate)
        {
            return [.. _containers.OfType<ILaunchedContainer>()];
        }
    }

    private void Ended(int index, ContainerExit exit)
    {
        lock (_gate)
        {
            _statuses[index] = Status(_statuses[index].Name, Terminated(exit, exit.ExitCode == 0 ? "Completed" : "Error"));
            Publish();
        }

        _changed();
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
        lock (_gate)
        {
            if (!_started || _removed || _snapshot.Metadata.DeletionTimestamp is null || _statuses.Exists(s => s.State.Terminated is null))
            {
                return;
            }

            _removed = true;
            _killer?.Dispose();
        }

        _gone();
    }

    /// <summary>Whether the containers have ended that sidecars are there for, or never start.</summary>
    private bool HasDone()
    {
        lock (_gate)
        {
            return _waits ? HasFailedBefore() : _statuses.TrueForAll(s => _before.Contains(s.Name) || s.State.Terminated is not null);
        }
    }

    private bool HasFailedBefore() =>
        _statuses.Exists(s => _before.Contains(s.Name) && !_sidecars.Contains(s.Name) && s.State.Terminated is { ExitCode: not 0 });

    private void Publish()
    {
        var running = _statuses.Exists(s => s.State.Terminated is null);
        var failed = HasFailedBefore() || _statuses.Exists(s => !_before.Contains(s.Name) && s.State.Terminated is { ExitCode: not 0 });
        var phase = (_waits && !failed) ? "Pending" : running ? "Running" : failed ? "Failed" : "Succeeded";
        _snapshot = Clone(_snapshot);
        _snapshot.Status = new V1PodStatus
        {
            Phase = phase,
            PodIP = "127.0.0.1",
            StartTime = _snapshot.Status?.StartTime ?? Now(),
            InitContainerStatuses = _before.Count == 0 ? null : [.. _statuses.Where(s => _before.Contains(s.Name))],
            ContainerStatuses = [.. _statuses.Where(s => !_before.Contains(s.Name))],
            Conditions =
            [
                new V1PodCondition { Type = "PodScheduled", Status = "True" },
                new V1PodCondition { Type = "Ready", Status = phase == "Running" ? "True" : "False" },
            ],
        };
    }

    private V1ContainerState Terminated(ContainerExit exit, string reason) => new()
    {
        Terminated = new V1ContainerStateTerminated
        {
            ExitCode = exit.ExitCode,
            Reason = reason,
            Message = exit.Message,
            FinishedAt = Now()
        },
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

    private DateTime Now() => _time.GetUtcNow().UtcDateTime;

    private static V1Pod Clone(V1Pod pod) => KubernetesJson.Deserialize<V1Pod>(KubernetesJson.Serialize(pod));
}
