using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Parallel;

/// <summary>Ranks connected by gloo over TCP.</summary>
internal sealed unsafe class GlooGang : IGang
{
    private const int Float32 = 0;
    private const int ErrorSize = 512;
    private const int LongestGathered = 512 << 20; // from all ranks together

    private readonly RendezvousServer? _server;
    private readonly RendezvousClient _client;
    private nint _group;

    private GlooGang(nint group, GangIdentity identity, RendezvousServer? server, RendezvousClient client) =>
        (_group, Rank, Size, _server, _client) = (group, identity.Rank, identity.Size, server, client);

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <summary>Forms the group: every rank connects with every other one.</summary>
    /// <param name="identity">This rank.</param>
    /// <param name="server">The rendezvous, on rank 0; owned from now on.</param>
    /// <param name="client">Connection to it; owned from now on.</param>
    /// <param name="timeout">Limit of the waits here and of every later operation.</param>
    /// <param name="lost">Called, on another thread, when a peer has died, whatever this rank is doing; null: only operations tell.</param>
    /// <exception cref="TrainerException">The group was not formed, or the native library is missing.</exception>
    public static GlooGang Form(GangIdentity identity, RendezvousServer? server, RendezvousClient client, TimeSpan timeout,
        Action<string>? lost)
    {
        var user = GCHandle.Alloc(client);
        try
        {
            // Until a connection is made, gloo listens for it and takes whoever comes first: not before everyone is here.
            if (!client.Meet(timeout, lost))
            {
                var missing = server is { Missing: { Count: > 0 } ranks } ? $" (missing: {string.Join(", ", ranks)})" : "";
                throw TrainerException.TryAgain(EndReason.RendezvousFailed,
                    string.Create(CultureInfo.InvariantCulture,
                        $"{identity} waited {timeout.TotalSeconds:0} s for the others, and not all came{missing}"));
            }

            var error = stackalloc byte[ErrorSize];
            fixed (byte* host = Terminated(client.LocalAddress.ToString()), prefix = Terminated($"{identity.Job}/{identity.Attempt}/"))
            {
                var arguments = new CollectivesLibrary.GroupCreateArgs
                {
                    Size = (uint)sizeof(CollectivesLibrary.GroupCreateArgs),
                    Rank = identity.Rank,
                    Ranks = identity.Size,
                    TimeoutMs = (int)Math.Min(timeout.TotalMilliseconds, int.MaxValue),
                    Host = host,
                    Prefix = prefix,
                    Set = &StoreCallbacks.Set,
                    Get = &StoreCallbacks.Get,
                    User = (void*)GCHandle.ToIntPtr(user),
                };
                Check(CollectivesLibrary.Create(out var group, in arguments, error, ErrorSize), error, "forming the gang");
                return new GlooGang(group, identity, server, client);
            }
        }
        catch (IOException e)
        {
            throw TrainerException.TryAgain(EndReason.PeerLost, $"rank 0 went away while the gang was formed: {e.Message}", e);
        }
        catch (DllNotFoundException e)
        {
            throw TrainerException.Configuration(EndReason.NativeLibraryMissing,
                "libmhc_collectives.so is not beside the trainer; more than one rank needs it (eng/build-native.sh builds it)", e);
        }
        finally
        {
            user.Free();
        }
    }

    /// <inheritdoc/>
    public long BytesSent
    {
        get
        {
            var error = stackalloc byte[ErrorSize];
            Check(CollectivesLibrary.BytesSent(_group, out var bytes, error, ErrorSize), error, "counting bytes");
            return bytes;
        }
    }

    /// <inheritdoc/>
    public void ReduceScatter(Span<float> blocks)
    {
        var count = blocks.Length / Size;
        _client.Begin();
        var error = stackalloc byte[ErrorSize];
        fixed (float* data = blocks)
        {
            Check(CollectivesLibrary.ReduceScatter(_group, data, data + ((long)Rank * count), count, Float32, error, ErrorSize), error,
                "adding up gradients", _client);
        }
    }

    /// <inheritdoc/>
    public void AllGather(Span<byte> blocks)
    {
        var bytes = blocks.Length / Size;
        _client.Begin();
        var error = stackalloc byte[ErrorSize];
        fixed (byte* data = blocks)
        {
            Check(CollectivesLibrary.AllGather(_group, data + ((long)Rank * bytes), data, bytes, error, ErrorSize), error,
                "gathering from all ranks", _client);
        }
    }

    /// <inheritdoc/>
    public void AllToAll(ReadOnlySpan<byte> blocks, Span<byte> received)
    {
        _client.Begin();
        var error = stackalloc byte[ErrorSize];
        fixed (byte* input = blocks, output = received)
        {
            Check(CollectivesLibrary.AllToAll(_group, input, output, blocks.Length / Size, error, ErrorSize), error, "exchanging gradients",
                _client);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> mine)
    {
        var lengths = MemoryMarshal.Cast<byte, int>(GatherEqual(BitConverter.GetBytes(mine.Length))).ToArray();
        var longest = lengths.Max();
        if (lengths.Min() < 0 || (long)longest * Size > LongestGathered)
        {
            throw TrainerException.TryAgain(EndReason.PeerLost,
                string.Create(CultureInfo.InvariantCulture,
                    $"gathering from all ranks: a rank announced {(lengths.Min() < 0 ? lengths.Min() : longest)} bytes; at most {LongestGathered / Size} were expected"));
        }

        var padded = new byte[longest];
        mine.CopyTo(padded);
        var all = GatherEqual(padded);
        return [.. lengths.Select((length, rank) => all.AsSpan(rank * longest, length).ToArray())];
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        _client.Begin();
        var error = stackalloc byte[ErrorSize];
        Check(CollectivesLibrary.Barrier(_group, error, ErrorSize), error, "waiting for all ranks", _client);
    }

    /// <inheritdoc/>
    public void Leave()
    {
        _server?.Over();
        _client.Leave();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_group != 0)
        {
            // There is nobody left to tell about a failure to leave.
            _ = CollectivesLibrary.Destroy(_group, null, 0);
            _group = 0;
        }

        _client.Dispose();
        _server?.Dispose();
    }

    private byte[] GatherEqual(byte[] mine)
    {
        var all = new byte[mine.Length * Size];
        mine.CopyTo(all, Rank * mine.Length);
        AllGather(all);
        return all;
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static void Check(int code, byte* error, string doing, RendezvousClient? client = null)
    {
        if (code == 0)
        {
            return;
        }

        var text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(error));
        if (code == CollectivesLibrary.ErrorTimeout && client?.WhoIsLate() is { Length: > 0 } late)
        {
            text = $"{late}; {text}";
        }

        var reason = code switch
        {
            CollectivesLibrary.ErrorTimeout => EndReason.PeerTimeout,
            CollectivesLibrary.ErrorConnect => EndReason.RendezvousFailed,
            _ => EndReason.PeerLost,
        };
        throw TrainerException.TryAgain(reason, $"{doing}: {text}");
    }
}
