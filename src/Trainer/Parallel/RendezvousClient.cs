using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Parallel;

/// <summary>One rank's connection to the <see cref="RendezvousServer"/>. Its calls block, as gloo's store wants it.</summary>
internal sealed class RendezvousClient : IDisposable
{
    private static readonly TimeSpan OneTry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly Lock _turn = new();
    private volatile bool _leaving;

    private RendezvousClient(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
        LocalAddress = ((IPEndPoint)client.Client.LocalEndPoint!).Address;
        if (LocalAddress.IsIPv4MappedToIPv6)
        {
            LocalAddress = LocalAddress.MapToIPv4();
        }
    }

    /// <summary>This process's address on the way to rank 0, which its peers can reach as well.</summary>
    public IPAddress LocalAddress { get; }

    /// <summary>Connects, and tries again until <paramref name="timeout"/>: rank 0 may not be up, and the name of a new pod may not resolve, yet.</summary>
    /// <exception cref="TrainerException">Refused, or not reached in time.</exception>
    public static RendezvousClient Connect(string host, int port, GangIdentity identity, TimeSpan timeout, Action<string> log, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var pause = ShortestPause;
        while (true)
        {
            var failure = TryConnect(host, port, identity, cancellation, out var client);
            if (client is not null)
            {
                return client;
            }

            if (watch.Elapsed + pause > timeout)
            {
                throw TrainerException.TryAgain("RendezvousFailed", string.Create(CultureInfo.InvariantCulture, $"{identity} did not reach rank 0 at {host}:{port} within {timeout.TotalSeconds:0} s: {failure}"));
            }

            if (pause >= LongestPause)
            {
                log($"rendezvous: waiting for rank 0 at {host}:{port}: {failure}");
            }

            cancellation.WaitHandle.WaitOne(pause);
            cancellation.ThrowIfCancellationRequested();
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    /// <summary>Stores a value.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Set(string key, byte[] value)
    {
        lock (_turn)
        {
            _stream.Write([RendezvousProtocol.Set, .. RendezvousProtocol.Message(key, value)]);
            ReadInt32();
        }
    }

    /// <summary>Waits for a value; null when the time is up.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public byte[]? Get(string key, int timeoutMilliseconds)
    {
        lock (_turn)
        {
            _stream.Write([RendezvousProtocol.Get, .. RendezvousProtocol.Message(key, timeoutMilliseconds)]);
            var length = ReadInt32();
            if (length < 0)
            {
                return null;
            }

            var value = new byte[length];
            _stream.ReadExactly(value);
            return value;
        }
    }

    /// <summary>Calls back, once and on another thread, when a rank is lost. No value can be stored or asked for any more.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Watch(Action<string> lost)
    {
        lock (_turn)
        {
            _stream.Write([RendezvousProtocol.Watch]);
            // Only a server that knows of this rank can tell it that its end is none.
            RendezvousProtocol.ReadInt32Async(_stream, CancellationToken.None).GetAwaiter().GetResult();
        }

        _ = WatchAsync(lost);
    }

    /// <summary>Says that this rank's end is no accident.</summary>
    public void Leave()
    {
        _leaving = true;
        try
        {
            _stream.Write([RendezvousProtocol.Leave]);
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

    private async Task WatchAsync(Action<string> lost)
    {
        try
        {
            var rank = await RendezvousProtocol.ReadInt32Async(_stream, CancellationToken.None);
            if (rank != RendezvousProtocol.Over && !_leaving)
            {
                lost(string.Create(CultureInfo.InvariantCulture, $"rank {rank} is gone"));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            if (!_leaving)
            {
                lost($"rank 0 is gone: {e.Message}");
            }
        }
    }

    private static string? TryConnect(string host, int port, GangIdentity identity, CancellationToken cancellation, out RendezvousClient? connected)
    {
        connected = null;
        var client = new TcpClient { NoDelay = true };
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(OneTry);
            client.ConnectAsync(host, port, patience.Token).AsTask().GetAwaiter().GetResult();
            KeepAlive.Enable(client.Client);
            var stream = client.GetStream();
            stream.Write(RendezvousProtocol.Message(RendezvousProtocol.Magic, identity.Job, identity.Attempt, identity.Rank, identity.Size));
            var accepted = RendezvousProtocol.ReadInt32Async(stream, patience.Token).GetAwaiter().GetResult() == RendezvousProtocol.Accepted;
            var attempt = RendezvousProtocol.ReadInt32Async(stream, patience.Token).GetAwaiter().GetResult();
            var message = RendezvousProtocol.ReadTextAsync(stream, patience.Token).GetAwaiter().GetResult();
            if (accepted)
            {
                connected = new RendezvousClient(client);
                return null;
            }

            // An older attempt's rank 0 may still be on its way out; a newer one means that it is we who are late.
            return attempt < identity.Attempt
                ? message
                : throw TrainerException.TryAgain("RendezvousRefused", $"rank 0 at {host}:{port} refused this process: {message}");
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
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

    private int ReadInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        _stream.ReadExactly(bytes);
        return BitConverter.ToInt32(bytes);
    }
}
