namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// Rank 0's list of the connections over which ranks wait for bad news. A connection that ends without a farewell is a lost rank, and all
/// others are told at once.
/// </summary>
internal sealed class GangWatch
{
    private readonly Lock _turn = new();
    private readonly Dictionary<int, Stream> _watchers = [];
    private int? _lost;

    /// <summary>Whether a rank has seen the gang come together.</summary>
    public bool Stands { get; private set; }

    /// <summary>A rank wants to be told: that it will be, and at once of a loss before.</summary>
    public void Join(int rank, Stream connection)
    {
        lock (_turn)
        {
            Stands = true;
            _watchers[rank] = connection;
            Tell(connection, RendezvousProtocol.Accepted);
            if (_lost is { } lost)
            {
                Tell(connection, lost);
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
            // Before the gang stands, gloo itself reports who is missing.
            if (!_watchers.Remove(rank))
            {
                return;
            }

            _lost ??= rank;
            TellAll(rank);
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
            Tell(watcher, notice);
        }
    }

    private static void Tell(Stream watcher, int notice)
    {
        try
        {
            watcher.Write(RendezvousProtocol.Message(notice));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It is gone itself; its own connection says so.
            return;
        }
    }
}
