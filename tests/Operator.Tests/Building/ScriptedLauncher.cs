using System.Globalization;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Local;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>A kubelet without processes. It notes every moment at which containers of two attempts would have run at once.</summary>
internal sealed class ScriptedLauncher : IPodLauncher
{
    private readonly Lock _gate = new();
    private readonly List<ScriptedContainer> _containers = [];

    public TrainerStatus? Status { get; set; }

    /// <summary>Whether containers end when they are asked to; else only when they are killed.</summary>
    public bool Obeys { get; set; } = true;

    public List<string> Violations { get; } = [];

    public int Launches { get; private set; }

    public IReadOnlyList<ScriptedContainer> Alive
    {
        get
        {
            lock (_gate)
            {
                return [.. _containers.Where(c => c.Ended is null).OrderBy(c => c.Pod.Metadata.Name, StringComparer.Ordinal)];
            }
        }
    }

    public ILaunchedContainer Launch(ContainerLaunch launch)
    {
        lock (_gate)
        {
            Launches++;
            var attempt = AttemptOf(launch.Pod);
            foreach (var other in _containers.Where(c => c.Ended is null && AttemptOf(c.Pod) != attempt))
            {
                Violations.Add($"{launch.Pod.Metadata.Name} was started while {other.Pod.Metadata.Name} still ran");
            }

            var container = new ScriptedContainer(launch.Pod, () => Obeys);
            _containers.Add(container);
            return container;
        }
    }

    public Task<TrainerStatus?> GetStatusAsync(V1Pod pod, CancellationToken cancel) =>
        Task.FromResult(Status is { } status ? status with { Attempt = AttemptOf(pod) } : null);

    public static int AttemptOf(V1Pod pod) => int.Parse(pod.Metadata.Labels[Labels.Attempt], CultureInfo.InvariantCulture);
}
