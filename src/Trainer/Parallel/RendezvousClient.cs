using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Parallel;

/// <summary>One rank's connection to the <see cref="RendezvousServer"/>. Its calls block, as gloo's store wants it.</summary>
internal sealed class RendezvousClient : IDisposable
{
    private static readonly TimeSpan OneTry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LatePatience = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan SayAgain = TimeSpan.FromSeconds(15);

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly Lock _turn = new(); // one question at a time
    private readonly Lock _writing = new();
    private readonly Channel<byte[]?> _answers = Channel.CreateUnbounded<byte[]?>();
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<string>? _lost;
    private volatile bool _leaving;
    private long _operations;

    private RendezvousClient(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
        LocalAddress = ((IPEndPoint)client.Client.LocalEndPoint!).Address; // of the family over which rank 0 is reached
        if (LocalAddress.IsIPv4MappedToIPv6)
        {
            LocalAddress = LocalAddress.MapToIPv4();
        }

        _ = ReadAsync();
    }

    /// <summary>This process's address on the way to rank 0, which its peers can reach as well.</summary>
    public IPAddress LocalAddress { get; }

    /// <summary>
    /// Connects, and tries again until <paramref name="timeout"/>: rank 0 may not be up, and the name of a new pod may not resolve, yet.
    /// </summary>
    /// <exception cref="TrainerException">Refused, or not reached in time.</exception>
    public static RendezvousClient Connect(string host, int port, GangIdentity identity, TimeSpan timeout, Action<string> log,
        CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        (string? Failure, TimeSpan At) said = default;
        for (var failures = 0; ; failures++)
        {
            var pause = ExponentialBackoff.Delay(failures, ShortestPause, LongestPause);
            var failure = TryConnect(host, port, identity, timeout, cancel, out var client);
            if (client is not null)
            {
                return client;
            }

            if (watch.Elapsed + pause > timeout)
            {
                throw TrainerException.TryAgain(EndReason.RendezvousFailed,
                    string.Create(CultureInfo.InvariantCulture,
                        $"{identity} did not reach rank 0 at {host}:{port} within {timeout.TotalSeconds:0} s: {failure}"));
            }

            if (pause >= LongestPause
                && (!string.Equals(failure, said.Failure, StringComparison.Ordinal) || watch.Elapsed - said.At > SayAgain))
            {
                said = (failure, watch.Elapsed);
                log($"rendezvous: waiting for rank 0 at {host}:{port}: {failure}");
            }

            cancel.WaitHandle.WaitOne(pause);
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Stores a value.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Set(string key, byte[] value) => Ask([RendezvousProtocol.Set, .. RendezvousProtocol.Message(key, value)]);

    /// <summary>Waits for a value; null when the time is up.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public byte[]? Get(string key, int timeoutMilliseconds) =>
        Ask([RendezvousProtocol.Get, .. RendezvousProtocol.Message(key, timeoutMilliseconds)]);

    /// <summary>Waits until all ranks are here. From then on a rank's end is an accident, unless it has left.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="lost">Called, once and on another thread, when a rank is lost after all were here; null: nobody is told.</param>
    /// <returns>False when the time is up.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    public bool Meet(TimeSpan timeout, Action<string>? lost)
    {
        _lost = lost;
        Write([RendezvousProtocol.Watch]);

        return Task.WaitAny([_complete.Task], timeout) == 0 && (_complete.Task.IsCompletedSuccessfully ? true : throw Broken());
    }

    /// <summary>This rank begins another operation of the gang.</summary>
    public void Begin() => Interlocked.Increment(ref _operations);

    /// <summary>Which ranks keep this one waiting, for people; empty where nobody does, or nobody knows.</summary>
    public string WhoIsLate()
    {
        try
        {
            var answer = Task.Run(() => Ask([RendezvousProtocol.WhoIsLate, .. BitConverter.GetBytes(Volatile.Read(ref _operations))]));
            return answer.Wait(LatePatience) ? PeerText.Visible(Encoding.UTF8.GetString(answer.Result ?? []))
                : "no answer from rank 0, stopped or on a machine that is gone";
        }
        catch (AggregateException e) when (e.InnerException is IOException or ObjectDisposedException)
        {
            return "";
        }
    }

    /// <summary>Says that this rank's end is no accident.</summary>
    public void Leave()
    {
        _leaving = true;
        try
        {
            Write([RendezvousProtocol.Leave]);
        }
        catch (IOException)
        {
            // Rank 0 has left before.
            return;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _leaving = true;
        _client.Dispose();
    }

    private static IOException Broken(Exception? cause = null) => new("the connection to rank 0 ended", cause);

    private byte[]? Ask(byte[] request)
    {
        lock (_turn)
        {
            Write(request);
            try
            {
                return _answers.Reader.ReadAsync().AsTask().GetAwaiter().GetResult();
            }
            catch (ChannelClosedException e)
            {
                throw Broken(e);
            }
        }
    }

    private void Write(byte[] message)
    {
        lock (_writing)
        {
            _stream.Write(message);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var frame = (await RendezvousProtocol.ReadAsync(_stream, 1, CancellationToken.None))[0];
                var number = await RendezvousProtocol.ReadInt32Async(_stream, CancellationToken.None);
                if (frame == RendezvousProtocol.Answer)
                {
                    if (number > RendezvousProtocol.LongestValue)
                    {
                        throw new IOException($"an answer of {number} bytes; at most {RendezvousProtocol.LongestValue} were expected");
                    }

                    _answers.Writer.TryWrite(number < 0 ? null
                        : await RendezvousProtocol.ReadAsync(_stream, number, CancellationToken.None));
                }
                else
                {
                    Take(number);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _answers.Writer.TryComplete();
            // A gang that came together has lost rank 0; one that did not is told by whoever waits for it.
            if (!_complete.TrySetCanceled())
            {
                Lose($"rank 0 is gone: {e.Message}");
            }
        }
    }

    private void Take(int notice)
    {
        switch (notice)
        {
            case RendezvousProtocol.Complete:
                _complete.TrySetResult();
                break;
            case RendezvousProtocol.Over:
                _leaving = true;
                break;
            case RendezvousProtocol.Ask:
                Write([RendezvousProtocol.Here, .. BitConverter.GetBytes(Volatile.Read(ref _operations))]);
                break;
            default:
                Lose(string.Create(CultureInfo.InvariantCulture, $"rank {notice} is gone"));
                break;
        }
    }

    private void Lose(string what)
    {
        if (!_leaving)
        {
            Interlocked.Exchange(ref _lost, null)?.Invoke(what);
        }
    }

    private static string? TryConnect(string host, int port, GangIdentity identity, TimeSpan timeout, CancellationToken cancel,
        out RendezvousClient? connected)
    {
        connected = null;
        var client = new TcpClient { NoDelay = true };
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(OneTry);
            client.ConnectAsync(host, port, patience.Token).AsTask().GetAwaiter().GetResult();
            KeepAlive.Enable(client.Client, timeout);
            var stream = client.GetStream();
            stream.Write(
                RendezvousProtocol.Message(RendezvousProtocol.Magic, identity.Job, identity.Attempt, identity.Rank, identity.Size,
                    identity.Proof()));
            var answer = RendezvousProtocol.ReadInt32Async(stream, patience.Token).GetAwaiter().GetResult();
            var attempt = RendezvousProtocol.ReadInt32Async(stream, patience.Token).GetAwaiter().GetResult();
            var message = PeerText.Visible(RendezvousProtocol.ReadTextAsync(stream, patience.Token).GetAwaiter().GetResult());
            if (answer == RendezvousProtocol.Accepted)
            {
                connected = new RendezvousClient(client);
                return null;
            }

            if (answer == RendezvousProtocol.Misconfigured)
            {
                throw TrainerException.Configuration(EndReason.RanksDiffer, $"rank 0 at {host}:{port} refused this process: {message}");
            }

            // An older attempt's rank 0 may still be on its way out; a newer one means that it is we who are late.
            return attempt < identity.Attempt
                ? message
                : throw TrainerException.TryAgain(EndReason.RendezvousRefused, $"rank 0 at {host}:{port} refused this process: {message}");
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return "no answer";
        }
        finally
        {
            if (connected is null)
            {
                client.Dispose();
            }
        }
    }
}
