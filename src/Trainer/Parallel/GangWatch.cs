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
    private readonly Dictionary<RendezvousMember, long> _asked = []; // answers that each had given when it was asked

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
            Remove(rank);
        }
    }

    /// <summary>A rank's connection has ended.</summary>
    public void Lost(int rank)
    {
        lock (_turn)
        {
            if (Remove(rank) && Stands)
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

    /// <summary>Asks all ranks how far they are, and gives them a moment.</summary>
    public async Task AskAllAsync(TimeSpan patience, CancellationToken cancel)
    {
        lock (_turn)
        {
            foreach (var watcher in _watchers.Values)
            {
                _asked[watcher] = watcher.Answers;
            }
        }

        // Not under the lock: a process that has stopped reads nothing, and its connection may be full.
        await Task.Run(() => TellEach(RendezvousProtocol.Ask), cancel).WaitAsync(patience, cancel)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(patience, cancel);
    }

    /// <summary>Who keeps a rank waiting, for people.</summary>
    public string DescribeOthers(RendezvousMember asker)
    {
        lock (_turn)
        {
            var others = _watchers.Values.Where(w => w != asker).OrderBy(w => w.Rank).ToList();
            var silent = others.Where(w => w.Answers == _asked.GetValueOrDefault(w, -1)).ToList();
            var behind = others.Except(silent).Where(w => w.Operations < asker.Operations).ToList();
            return string.Join("; ", ((string?[])
            [
                silent.Count == 0 ? null : $"no answer from {Ranks(silent)}, stopped or on a machine that is gone",
                behind.Count == 0 ? null : $"not come to what this one waits in, though running: {Ranks(behind)}",
            ]).OfType<string>());
        }
    }

    private bool Remove(int rank)
    {
        if (!_watchers.Remove(rank, out var member))
        {
            return false;
        }

        _asked.Remove(member);
        return true;
    }

    private static string Ranks(List<RendezvousMember> members)
    {
        const int shown = 8;
        var more = members.Count > shown ? $" and {members.Count - shown} more" : "";
        return $"{(members.Count == 1 ? "rank" : "ranks")} {string.Join(", ", members.Take(shown).Select(m => m.Rank))}{more}";
    }

    private void TellEach(int notice)
    {
        List<RendezvousMember> all;
        lock (_turn)
        {
            all = [.. _watchers.Values];
        }

        foreach (var watcher in all)
        {
            watcher.Tell(notice);
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
