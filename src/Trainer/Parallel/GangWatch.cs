namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// Rank 0's list of the connections over which ranks wait for news: that all are here, then that one is lost. From that first moment on a
/// connection that ends without a farewell is a lost rank, and all others are told at once; before it, the rank may come again.
/// </summary>
/// <param name="size">Ranks in the gang.</param>
internal sealed class GangWatch(int size)
{
    private readonly Lock _turn = new();
    private readonly Dictionary<int, RendezvousMember> _watchers = [];

    /// <summary>Whether all ranks have been here at once.</summary>
    public bool Stands { get; private set; }

    /// <summary>Ranks that have not come.</summary>
    public IReadOnlyList<int> Missing
    {
        get
        {
            lock (_turn)
            {
                return Stands ? [] : [.. Enumerable.Range(0, size).Where(r => !_watchers.ContainsKey(r))];
            }
        }
    }

    /// <summary>A rank is here and wants to be told.</summary>
    public void Join(RendezvousMember member)
    {
        lock (_turn)
        {
            _watchers[member.Rank] = member;
            if (!Stands && _watchers.Count == size)
            {
                Stands = true;
                TellAll(RendezvousProtocol.Complete);
            }
        }
    }

    /// <summary>A rank's end is no accident.</summary>
    public void Leave(int rank)
    {
        lock (_turn)
        {
            _watchers.Remove(rank);
        }
    }

    /// <summary>A rank's connection has ended.</summary>
    public void Lost(int rank)
    {
        lock (_turn)
        {
            if (_watchers.Remove(rank) && Stands)
            {
                TellAll(rank);
            }
        }
    }

    /// <summary>The rendezvous ends in good order.</summary>
    public void Over()
    {
        lock (_turn)
        {
            TellAll(RendezvousProtocol.Over);
            _watchers.Clear();
        }
    }

    private void TellAll(int notice)
    {
        foreach (var watcher in _watchers.Values)
        {
            watcher.Tell(notice);
        }
    }
}
