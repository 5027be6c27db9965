using k8s.Models;
using MhcOperator.Operator.Local;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>A container whose life the test decides; everything happens on the test's own thread.</summary>
internal sealed class ScriptedContainer(V1Pod pod, Func<bool> obeys) : ILaunchedContainer
{
    private readonly List<Action<ContainerExit>> _waiting = [];
    private readonly Lock _gate = new();

    public V1Pod Pod { get; } = pod;

    public ContainerExit? Ended { get; private set; }

    public bool Terminated { get; private set; }

    /// <summary>How often it was asked where it stands.</summary>
    public int Dumps { get; private set; }

    public void Exit(int code, string message = "")
    {
        List<Action<ContainerExit>> told;
        lock (_gate)
        {
            if (Ended is not null)
            {
                return;
            }

            Ended = new ContainerExit(code, message);
            told = [.. _waiting];
        }

        told.ForEach(t => t(Ended));
    }

    public void OnExit(Action<ContainerExit> ended)
    {
        lock (_gate)
        {
            if (Ended is null)
            {
                _waiting.Add(ended);
                return;
            }
        }

        ended(Ended);
    }

    public void Dump() => Dumps += Ended is null && !Terminated ? 1 : 0;

    public void Terminate()
    {
        Terminated = true;
        if (obeys())
        {
            Exit(75, """{"reason":"Terminated","message":"asked to end"}""");
        }
    }

    public void Kill() => Exit(137);
}
