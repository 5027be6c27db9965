using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MhcOperator.Testing.Fuzzing;
using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Tests.Parallel;

/// <summary>What anybody who reaches rank 0 may send to it, over a real connection.</summary>
public sealed class RendezvousFuzzTests
{
    private const int MostLines = 20;
    private const int MostAnswered = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ServersPatience = TimeSpan.FromSeconds(1);
    private static readonly GangIdentity Zero = new("default/job", 2, 0, 2);

    [Fact]
    public void Whatever_comes_the_ranks_still_meet_afterwards_and_the_log_is_short_and_can_be_looked_at() =>
        Fuzzer.RunBytes("greetings", 64 << 20, bytes =>
    {
        var log = new ConcurrentQueue<string>();
        using var server = new RendezvousServer(IPAddress.Loopback, 0, Zero, ServersPatience, log.Enqueue);

        Say(server.Port, bytes);

        using var zero = RendezvousClient.Connect("127.0.0.1", server.Port, Zero, Patience, log.Enqueue, CancellationToken.None);
        using var one = RendezvousClient.Connect("127.0.0.1", server.Port, Zero with { Rank = 1 }, Patience, log.Enqueue,
            CancellationToken.None);
        var waiting = Task.Run(() => zero.Meet(Patience, lost: null));
        Assert.True(one.Meet(Patience, lost: null) && waiting.GetAwaiter().GetResult(), "the ranks do not meet");
        zero.Set("a key of ours", [1]);
        Assert.Equal([1], one.Get("a key of ours", 20_000));
        Assert.InRange(log.Count, 0, MostLines);
        Assert.All(log, line => Assert.DoesNotContain(line, char.IsControl));
    });

    /// <summary>Sends it, and waits until the server has closed the connection: no stranger is held on to once he has gone.</summary>
    private static void Say(int port, byte[] bytes)
    {
        using var stranger = new TcpClient("127.0.0.1", port) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        var stream = stranger.GetStream();
        try
        {
            stream.Write(bytes);
            stranger.Client.Shutdown(SocketShutdown.Send);
            var (answer, answered) = (new byte[4096], 0);
            for (int read; (read = stream.Read(answer)) > 0;)
            {
                answered += read;
            }

            Assert.InRange(answered, 0, MostAnswered);
        }
        catch (IOException e) when (e.InnerException is SocketException
        {
            SocketErrorCode: SocketError.ConnectionReset
            or SocketError.Shutdown
        })
        {
            return; // closed before all of it was read
        }
    }
}
