using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// The key-value store through which the ranks of one attempt find each other; rank 0 serves it on MASTER_PORT. Whoever does not greet
/// as a rank of this job and this attempt, does not know the gang's secret, where there is one, or greets twice, or after the gang stands,
/// is refused and told why. Strangers and port scans, however many and whatever they call themselves, cost it a closed connection each, a
/// few lines of log in all, and no memory. Its connections then tell when a rank dies: a collective would notice too, but only when the
/// next one is called.
/// </summary>
internal sealed class RendezvousServer : IDisposable
{
    private const int Places = 512;
    private const int ReportedStrangers = 20;
    private const int KeysOfRank = 64; // and as many again as there are ranks, twice: gloo names one or two for each
    private const int BytesOfRank = 4 << 20;

    private static readonly TimeSpan GreetingTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(1);

    private readonly GangIdentity _identity;
    private readonly TimeSpan _patience;
    private readonly Action<string> _log;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<byte[]>> _values = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, GangIdentity> _present = new();
    private readonly StoreBudget[] _budgets; // by rank, and not by connection: who comes again has no more
    private readonly GangWatch _watch;
    private readonly WaitingRoom _strangers = new(Places);

    private int _reported;
    private bool _disposed;

    /// <summary>Begins to listen.</summary>
    /// <param name="address">Address to bind to.</param>
    /// <param name="port">0: any free one.</param>
    /// <param name="identity">Whom to expect; its rank does not matter.</param>
    /// <param name="patience">After which the host of a rank that does not answer counts as lost.</param>
    /// <param name="log">Takes one line for each of the first refused connections.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public RendezvousServer(IPAddress address, int port, GangIdentity identity, TimeSpan patience, Action<string> log)
    {
        (_identity, _patience, _log, _watch) = (identity, patience, log, new GangWatch(identity.Size));
        _budgets = [.. Enumerable.Range(0, identity.Size).Select(_ => new StoreBudget(KeysOfRank + (2 * identity.Size), BytesOfRank))];
        _listener = Listening.Make(address, port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Ranks that have not come.</summary>
    public IReadOnlyList<int> Missing => _watch.Missing;

    /// <summary>Tells all watchers that the end of their connections is no loss.</summary>
    public void Over() => _watch.Over();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var cancel = _stop.Token;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(cancel);
                _strangers.Enter(client);
                _ = ServeAsync(client, cancel);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                ReportStranger($"a connection could not be accepted: {e.Message}");
                await Task.Delay(AcceptPause, CancellationToken.None);
            }
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken cancel)
    {
        using var connection = client;
        EndPoint? peer = null;
        RendezvousMember? member = null;
        try
        {
            peer = client.Client.RemoteEndPoint;
            client.NoDelay = true;
            KeepAlive.Enable(client.Client, _patience);
            member = await GreetAsync(client, peer, cancel);
            while (member is not null && await AnswerAsync(member, client.GetStream(), cancel))
            {
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            if (member is not null && !cancel.IsCancellationRequested)
            {
                _watch.Lost(member.Rank);
            }
        }
        catch (InvalidDataException e)
        {
            ReportStranger($"closed {peer}: {e.Message}");
            if (member is not null)
            {
                _watch.Lost(member.Rank);
            }
        }
        finally
        {
            if (member is not null)
            {
                _present.TryRemove(member.Rank, out _);
            }
        }
    }

    /// <summary>Who the peer is; null: it was refused.</summary>
    private async Task<RendezvousMember?> GreetAsync(TcpClient client, EndPoint? peer, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(GreetingTimeout);
        GangIdentity other;
        byte[] proof;
        var stream = client.GetStream();
        try
        {
            if ((uint)await RendezvousProtocol.ReadInt32Async(stream, patience.Token) != RendezvousProtocol.Magic)
            {
                ReportStranger($"refused {peer}: it does not speak this protocol");
                return null;
            }

            other = new GangIdentity(
                await RendezvousProtocol.ReadTextAsync(stream, patience.Token),
                await RendezvousProtocol.ReadInt32Async(stream, patience.Token),
                await RendezvousProtocol.ReadInt32Async(stream, patience.Token),
                await RendezvousProtocol.ReadInt32Async(stream, patience.Token));
            proof = await RendezvousProtocol.ReadBlockAsync(stream, RendezvousProtocol.LongestProof, patience.Token);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            ReportStranger($"refused {peer}: it did not greet");
            return null;
        }
        finally
        {
            _strangers.Leave(client);
        }

        var refusal = Refusal(other) ?? Untrusted(other, proof) ?? Late(other);
        var answer = RendezvousProtocol.Message(
            refusal is null ? RendezvousProtocol.Accepted : IsOneOfUs(other) ? RendezvousProtocol.Misconfigured
                : RendezvousProtocol.Refused,
            _identity.Attempt,
            refusal ?? "");
        await stream.WriteAsync(answer, cancel);
        if (refusal is null)
        {
            return new RendezvousMember(other, stream);
        }

        ReportStranger($"refused {peer}: {refusal}");
        return null;
    }

    /// <summary>A port scan must not fill the log.</summary>
    private void ReportStranger(string what)
    {
        var number = Interlocked.Increment(ref _reported);
        if (number <= ReportedStrangers)
        {
            _log($"rendezvous: {what}{(number == ReportedStrangers ? "; the next ones are not reported" : "")}");
        }
    }

    /// <summary>A rank of this very attempt that was told another size of the gang: to come again cannot help it.</summary>
    private bool IsOneOfUs(GangIdentity other) =>
        other.Attempt == _identity.Attempt && other.Size != _identity.Size
            && string.Equals(other.Job, _identity.Job, StringComparison.Ordinal);

    private string? Refusal(GangIdentity other)
    {
        if (!string.Equals(other.Job, _identity.Job, StringComparison.Ordinal))
        {
            return $"{other} came to the rendezvous of job {_identity.Job}";
        }

        if (other.Attempt != _identity.Attempt)
        {
            return $"{other} came to the rendezvous of attempt {_identity.Attempt}";
        }

        return other.Size == _identity.Size && other.Rank >= 0 && other.Rank < _identity.Size
            ? null
            : $"{other} came to a gang of {_identity.Size} ranks (WORLD_SIZE)";
    }

    /// <summary>Anybody can learn a job's name.</summary>
    private string? Untrusted(GangIdentity other, byte[] proof) =>
        _identity.Trusts(other, proof) ? null : $"{other} came without the secret of this gang (MHC_GANG_SECRET)";

    /// <summary>A rank is here once, and a gang that stands has no place for another: its connections are made.</summary>
    private string? Late(GangIdentity other)
    {
        if (_watch.Stands)
        {
            return $"{other} came too late: the gang of this attempt stands";
        }

        return _present.TryAdd(other.Rank, other) ? null : $"{other} is here already";
    }

    /// <summary>Answers one request; false when the peer has left.</summary>
    private async Task<bool> AnswerAsync(RendezvousMember member, NetworkStream stream, CancellationToken cancel)
    {
        var operation = (await RendezvousProtocol.ReadAsync(stream, 1, cancel))[0];
        switch (operation)
        {
            case RendezvousProtocol.Set:
                var key = await RendezvousProtocol.ReadTextAsync(stream, cancel);
                var stored = await RendezvousProtocol.ReadBlockAsync(stream, RendezvousProtocol.LongestValue, cancel);
                _budgets[member.Rank].Take(key.Length + stored.Length);
                Value(key).TrySetResult(stored);
                member.Answer([]);
                return true;
            case RendezvousProtocol.Get:
                var asked = await RendezvousProtocol.ReadTextAsync(stream, cancel);
                if (!_values.ContainsKey(asked))
                {
                    _budgets[member.Rank].Take(asked.Length);
                }

                var value = Value(asked);
                var asking = TimeSpan.FromMilliseconds(Math.Max(1, await RendezvousProtocol.ReadInt32Async(stream, cancel)));
                member.Answer(await WaitAsync(value.Task, asking < _patience ? asking : _patience, stream.Socket, cancel));
                return true;
            case RendezvousProtocol.Watch:
                _watch.Join(member);
                return true;
            case RendezvousProtocol.Here:
                member.IsAt(await RendezvousProtocol.ReadInt64Async(stream, cancel));
                return true;
            case RendezvousProtocol.WhoIsLate:
                member.IsAt(await RendezvousProtocol.ReadInt64Async(stream, cancel));
                member.Asks();
                _ = AnswerAboutOthersAsync(member, cancel);
                return true;
            case RendezvousProtocol.Leave:
                _watch.Leave(member.Rank);
                return false;
            default:
                throw new InvalidDataException($"unknown request {operation}");
        }
    }

    /// <summary>Asks all ranks how far they are, gives them a moment, and tells who is behind or does not answer.</summary>
    private async Task AnswerAboutOthersAsync(RendezvousMember asker, CancellationToken cancel)
    {
        try
        {
            await _watch.AskAllAsync(AnswerPatience, cancel);
            asker.AnswerAboutOthers(_watch.DescribeOthers(asker));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return; // it has gone, and its own connection says so
        }
    }

    private TaskCompletionSource<byte[]> Value(string key) =>
        _values.GetOrAdd(key, _ => new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>The value; null: the time is up. Who goes meanwhile is gone at once, and its rank may come again.</summary>
    private static async Task<byte[]?> WaitAsync(Task<byte[]> value, TimeSpan patience, Socket peer, CancellationToken cancel)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var gone = EndAsync(peer, waiting.Token);
        try
        {
            return await await Task.WhenAny(value, gone).WaitAsync(patience, cancel);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            await waiting.CancelAsync();
            await ((Task)gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Throws when the peer closes its connection. One that sends more before it is answered is not looked at again until then.
    /// </summary>
    private static async Task<byte[]> EndAsync(Socket peer, CancellationToken cancel)
    {
        if (await peer.ReceiveAsync(new byte[1], SocketFlags.Peek, cancel) > 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
        }

        throw new EndOfStreamException();
    }
}
