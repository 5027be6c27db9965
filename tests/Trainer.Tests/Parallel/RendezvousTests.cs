using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Tests.Parallel;

public sealed class RendezvousTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly GangIdentity Zero = new("default/job", 2, 0, 2);

    private readonly ConcurrentQueue<string> _log = new();
    private readonly RendezvousServer _server;

    public RendezvousTests() => _server = new RendezvousServer(IPAddress.Loopback, 0, Zero, Patience, _log.Enqueue);

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task What_one_rank_stores_another_gets_even_if_it_asked_first()
    {
        using var first = Connect(Zero);
        using var second = Connect(Zero with { Rank = 1 });

        var waiting = Task.Run(() => second.Get("key", 20_000), TestContext.Current.CancellationToken);
        first.Set("key", [1, 2, 3]);

        Assert.Equal([1, 2, 3], await waiting);
        Assert.Equal(IPAddress.Loopback, second.LocalAddress);
    }

    [Fact]
    public void A_value_that_never_comes_is_null_after_the_time()
    {
        using var client = Connect(Zero);

        Assert.Null(client.Get("nothing", 20));
        client.Set("key", [1]);
        Assert.Equal([1], client.Get("key", 20));
    }

    [Theory]
    [InlineData("default/other", 2, 1, 2, "came to the rendezvous of job default/job")]
    [InlineData("default/job", 1, 1, 2, "came to the rendezvous of attempt 2")]
    [InlineData("default/job", 2, 2, 2, "came to a gang of 2 ranks")]
    public void Whoever_does_not_belong_is_refused_and_told_why(string job, int attempt, int rank, int size, string why)
    {
        var error = Assert.Throws<TrainerException>(() => Connect(new GangIdentity(job, attempt, rank, size)));

        Assert.Equal(ExitCode.TryAgain, error.ExitCode);
        Assert.Equal("RendezvousRefused", error.Reason);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Eventually.Holds(() => _log.Any(l => l.Contains(why, StringComparison.Ordinal)), Patience, () => string.Join('\n', _log));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("another")]
    public void A_stranger_that_knows_the_jobs_name_takes_no_ranks_place_where_the_gang_has_a_secret(string? known)
    {
        const string secret = "0123456789abcdef";
        using var server = new RendezvousServer(IPAddress.Loopback, 0, Zero with { Secret = secret }, Patience, _log.Enqueue);
        RendezvousClient Come(int rank, string? with) =>
            RendezvousClient.Connect("127.0.0.1", server.Port, Zero with { Rank = rank, Secret = with }, Patience, _log.Enqueue,
                CancellationToken.None);

        var error = Assert.Throws<TrainerException>(() => Come(1, known));
        Assert.Equal((ExitCode.TryAgain, "RendezvousRefused"), (error.ExitCode, error.Reason));
        Assert.Contains("came without the secret of this gang", error.Message, StringComparison.Ordinal);

        using var zero = Come(0, secret);
        using var one = Come(1, secret);
        Meet(zero, one);
        Assert.DoesNotContain(_log, l => l.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public void A_proof_is_of_one_rank_of_one_attempt_and_does_not_tell_the_secret()
    {
        var (gang, rank) = (Zero with { Secret = "secret" }, Zero with { Secret = "secret", Rank = 1 });
        Assert.True(gang.Trusts(rank with { Secret = null }, rank.Proof()));
        Assert.False(gang.Trusts(rank with { Attempt = 3 }, rank.Proof()));
        Assert.False(gang.Trusts(Zero, rank.Proof()));
        Assert.Empty(Zero.Proof());
        Assert.DoesNotContain("secret", $"{rank}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_rank_that_was_told_another_size_has_another_configuration()
    {
        var error = Assert.Throws<TrainerException>(() => Connect(new GangIdentity("default/job", 2, 1, 3)));

        Assert.Equal((ExitCode.ConfigurationWrong, "RanksDiffer"), (error.ExitCode, error.Reason));
        Assert.Contains("came to a gang of 2 ranks (WORLD_SIZE)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_strangers_call_themselves_the_log_stays_short_and_can_be_looked_at()
    {
        for (var i = 0; i < 200; i++)
        {
            using var socket = new TcpClient("127.0.0.1", _server.Port);
            socket.GetStream().Write(
                RendezvousProtocol.Message(RendezvousProtocol.Magic, "evil\u001b]0;owned\u0007\nforged line", 2, 1, 2,
                    Array.Empty<byte>()));
            Assert.NotEqual(0, socket.GetStream().Read(new byte[4]));
        }

        Eventually.Holds(() => _log.Any(l => l.EndsWith("the next ones are not reported", StringComparison.Ordinal)), Patience,
            () => string.Join('\n', _log));
        Assert.InRange(_log.Count, 1, 20);
        Assert.All(_log, l => Assert.DoesNotContain(l, char.IsControl));
        Assert.Contains(_log, l => l.Contains("evil\\u001b]0;owned\\u0007\\u000aforged line", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_rank_may_store_is_bounded_however_often_it_comes()
    {
        var stored = 0;
        for (var round = 0; round < 3; round++)
        {
            RendezvousClient? one = null;
            Eventually.Holds(() => Record.Exception(() => one = Connect(Zero with { Rank = 1 })) is null, Patience,
                () => "rank 1 was not let in again");
            using var client = one!;
            for (var i = 0; i < 100 && Record.Exception(() => client.Set($"{round}/{i}", new byte[1 << 19])) is null; i++)
            {
                stored++;
            }
        }

        Assert.InRange(stored, 1, 8);
        using var zero = Connect(Zero);
        zero.Set("key", [1]);
        Assert.Equal([1], zero.Get("key", 1000));
    }

    [Fact]
    public void Who_keeps_a_rank_waiting_is_told_apart_from_who_waits_too()
    {
        using var zero = Connect(Zero);
        using var one = Connect(Zero with { Rank = 1 });
        Meet(zero, one);
        zero.Begin();

        Assert.Equal("not come to what this one waits in, though running: rank 1", zero.WhoIsLate());
        one.Begin();
        Assert.Equal("", zero.WhoIsLate());
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("127.0.0.5", "127.0.0.5")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1")]
    [InlineData("10.1.2.3", "::")]
    [InlineData("fd00::7", "::")]
    [InlineData("job-1-0.job", "::")]
    public void Servers_listen_where_the_ranks_are_sent(string host, string address) =>
        Assert.Equal(IPAddress.Parse(Socket.OSSupportsIPv6 || address != "::" ? address : "0.0.0.0"), Listening.AddressFor(host));

    [Fact]
    public void A_server_on_all_addresses_is_reached_over_both_families()
    {
        using var server = new RendezvousServer(Listening.AddressFor("job-1-0.job"), 0, Zero, Patience, _log.Enqueue);
        using var zero = RendezvousClient.Connect("::1", server.Port, Zero, Patience, _log.Enqueue, CancellationToken.None);
        using var one = RendezvousClient.Connect("127.0.0.1", server.Port, Zero with { Rank = 1 }, Patience, _log.Enqueue,
            CancellationToken.None);

        Assert.Equal((IPAddress.IPv6Loopback, IPAddress.Loopback), (zero.LocalAddress, one.LocalAddress));
    }

    [Fact]
    public void A_rank_that_is_here_already_or_comes_after_the_gang_stands_is_refused_and_told_why()
    {
        using var zero = Connect(Zero);
        using var one = Connect(Zero with { Rank = 1 });
        var twice = Assert.Throws<TrainerException>(() => Connect(Zero with { Rank = 1 }));

        Meet(zero, one);
        var late = Assert.Throws<TrainerException>(() => Connect(Zero with { Rank = 1 }));

        Assert.Equal("RendezvousRefused", twice.Reason);
        Assert.Contains("is here already", twice.Message, StringComparison.Ordinal);
        Assert.Equal("RendezvousRefused", late.Reason);
        Assert.Contains("too late", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranks_wait_for_the_last_one_and_one_that_went_before_may_come_again()
    {
        var lost = new ConcurrentQueue<string>();
        using var zero = Connect(Zero);
        Assert.False(zero.Meet(TimeSpan.FromMilliseconds(20), lost.Enqueue));
        Eventually.Holds(() => _server.Missing is [1], Patience, () => string.Join(", ", _server.Missing));
        Connect(Zero with { Rank = 1 }).Dispose();

        RendezvousClient? one = null;
        // The server sees the end of the first one a moment later.
        Eventually.Holds(() => Record.Exception(() => one = Connect(Zero with { Rank = 1 })) is null, Patience,
            () => "rank 1 was not let in again");
        using var again = one!;
        Meet(zero, again);

        Assert.Empty(lost);
        Assert.Empty(_server.Missing);
    }

    [Fact]
    public void The_end_of_a_connection_is_a_lost_rank_unless_it_has_left()
    {
        var lost = new ConcurrentQueue<string>();
        using var zero = Connect(Zero);
        var one = Connect(Zero with { Rank = 1 });
        Meet(zero, one, lost.Enqueue);
        // A stranger who knows the protocol and goes away is no rank.
        Eventually.Holds(() => Record.Exception(() => Connect(Zero with { Rank = 1 })) is TrainerException, Patience,
            () => "the stranger was let in");

        one.Dispose();

        Eventually.Holds(() => !lost.IsEmpty, Patience, () => "nobody was told");
        Assert.Equal(["rank 1 is gone"], lost);
    }

    [Fact]
    public void Who_leaves_in_good_order_is_not_lost()
    {
        var lost = new ConcurrentQueue<string>();
        using var zero = Connect(Zero);
        using var one = Connect(Zero with { Rank = 1 });
        Meet(zero, one, lost.Enqueue);

        one.Leave();
        one.Dispose();
        _server.Over();
        _server.Dispose();

        Eventually.Holds(() => Record.Exception(() => zero.Set("key", [1])) is not null, Patience, () => "the server is still there");
        Assert.Empty(lost);
    }

    [Fact]
    public void A_rank_of_a_newer_attempt_waits_for_the_old_rank_zero_to_go()
    {
        var error = Assert.Throws<TrainerException>(
            () => RendezvousClient.Connect("127.0.0.1", _server.Port, Zero with { Attempt = 3, Rank = 1 }, TimeSpan.FromMilliseconds(300),
                _ => { }, CancellationToken.None));

        Assert.Equal("RendezvousFailed", error.Reason);
        Assert.Contains("within", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Garbage_and_port_scans_are_refused_and_the_ranks_still_meet()
    {
        byte[][] strangers = [[], [1], Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            [.. RendezvousProtocol.Message(RendezvousProtocol.Magic), 0xFF, 0xFF, 0xFF, 0x7F], RandomBytes(5000)];
        foreach (var bytes in strangers)
        {
            using var socket = new TcpClient("127.0.0.1", _server.Port);
            socket.GetStream().Write(bytes);
        }

        using var client = Connect(Zero);
        client.Set("key", [1]);

        Assert.Equal([1], client.Get("key", 1000));
        Eventually.Holds(() => _log.Any(l => l.Contains("does not speak this protocol", StringComparison.Ordinal)), Patience,
            () => string.Join('\n', _log));
    }

    [Fact]
    public void However_many_strangers_come_and_say_nothing_the_ranks_meet_at_once_and_the_log_stays_short()
    {
        const int crowd = 700;
        List<TcpClient> strangers = [];
        try
        {
            for (var i = 0; i < crowd; i++)
            {
                strangers.Add(new TcpClient("127.0.0.1", _server.Port));
            }

            using var zero = Connect(Zero);
            using var one = Connect(Zero with { Rank = 1 });
            Meet(zero, one);

            // Who has waited longest had to go; who came last may still say who he is.
            Assert.Equal(0, strangers[0].GetStream().Read(new byte[1]));
            Assert.False(strangers[^1].Client.Poll(0, SelectMode.SelectRead));
        }
        finally
        {
            strangers.ForEach(s => s.Dispose());
        }

        // Half of them only close the connection.
        for (var i = 0; i < crowd; i++)
        {
            using var socket = new TcpClient("127.0.0.1", _server.Port);
            socket.GetStream().Write(new byte[i % 2 * sizeof(int)]);
        }

        Eventually.Holds(() => _log.Any(l => l.EndsWith("the next ones are not reported", StringComparison.Ordinal)), Patience,
            () => string.Join('\n', _log));
        Assert.InRange(_log.Count, 1, 20);
    }

    [Fact]
    public void A_rank_that_greeted_and_then_sends_garbage_harms_only_itself()
    {
        using (var socket = new TcpClient("127.0.0.1", _server.Port))
        {
            var stream = socket.GetStream();
            stream.Write(RendezvousProtocol.Message(RendezvousProtocol.Magic, Zero.Job, Zero.Attempt, 1, Zero.Size, Array.Empty<byte>()));
            stream.Write([99, .. RendezvousProtocol.Message("key")]);
        }

        Eventually.Holds(() => _log.Any(l => l.Contains("unknown request 99", StringComparison.Ordinal)), Patience,
            () => string.Join('\n', _log));
        using var client = Connect(Zero);
        client.Set("key", [1]);
        Assert.Equal([1], client.Get("key", 1000));
    }

    [Fact]
    public void Nobody_at_the_address_is_an_error_with_the_address()
    {
        var port = _server.Port;
        _server.Dispose();

        var error = Assert.Throws<TrainerException>(
            () => RendezvousClient.Connect("127.0.0.1", port, Zero with { Rank = 1 }, TimeSpan.FromMilliseconds(200), _ => { },
                CancellationToken.None));

        Assert.Contains($"127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
    }

    private RendezvousClient Connect(GangIdentity identity) =>
        RendezvousClient.Connect("127.0.0.1", _server.Port, identity, Patience, _log.Enqueue, CancellationToken.None);

    private static void Meet(RendezvousClient zero, RendezvousClient one, Action<string>? lost = null)
    {
        var waiting = Task.Run(() => zero.Meet(Patience, lost));
        Assert.True(one.Meet(Patience, lost));
        Assert.True(waiting.GetAwaiter().GetResult());
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
