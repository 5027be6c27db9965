namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// Connections that have not said who they are. There are few places: when all are taken, whoever has waited longest is closed.
/// </summary>
/// <param name="places">At least 1.</param>
internal sealed class WaitingRoom(int places)
{
    private readonly Lock _turn = new();
    private readonly LinkedList<IDisposable> _waiting = new();

    /// <summary>A connection has come.</summary>
    public void Enter(IDisposable connection)
    {
        IDisposable? longest = null;
        lock (_turn)
        {
            if (_waiting.Count == places)
            {
                longest = _waiting.First!.Value;
                _waiting.RemoveFirst();
            }

            _waiting.AddLast(connection);
        }

        longest?.Dispose();
    }

    /// <summary>It is known, or gone.</summary>
    public void Leave(IDisposable connection)
    {
        lock (_turn)
        {
            _waiting.Remove(connection);
        }
    }
}
