namespace MhcOperator.Operator.Local;

/// <summary>A container that has nothing to do here, and is done.</summary>
internal sealed class EndedContainer : ILaunchedContainer
{
    public void OnExit(Action<ContainerExit> ended) => ended(new ContainerExit(0, ""));

    public void Dump()
    {
        // Nothing runs.
    }

    public void Terminate()
    {
        // Nothing runs.
    }

    public void Kill()
    {
        // Nothing runs.
    }
}
