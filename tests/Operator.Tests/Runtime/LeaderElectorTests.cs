using k8s.Models;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class LeaderElectorTests : IDisposable
{
    private static readonly LeaseOptions Options = new("system", "op", "me", TimeSpan.FromSeconds(15));
    private readonly PauseWatchingTime _time = new();
    private readonly FakeLeases _leases = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile WriteFence? _fence;
    private volatile int _terms;
    private volatile bool _working;

    public void Dispose()
    {
        _stop.Dispose();
        _leases.Server.Dispose();
    }

    [Fact]
    public async Task A_free_lease_is_taken_kept_and_released_at_the_end()
    {
        var running = Run();
        await WorksAsync();
        Assert.Equal("me", _leases.Holder);
        for (var i = 0; i < 20; i++)
        {
            await RenewAsync();
        }

        Assert.True(_fence!.Remaining > TimeSpan.Zero);
        await _stop.CancelAsync();
        await running;
        Assert.False(_working);
        Assert.Equal("", _leases.Holder);
        Assert.True(_fence.Remaining <= TimeSpan.Zero);
    }

    [Fact]
    public async Task One_dropped_connection_changes_nothing()
    {
        var running = Run();
        await WorksAsync();
        await PausesAsync();
        _leases.Mood = ServerMood.DropsConnections;
        _time.Advance(Options.RenewInterval);
        await PausesAsync();
        _leases.Mood = ServerMood.Answers;
        await RenewAsync();
        Assert.Equal((1, true), (_terms, _working));
        await EndAsync(running);
    }

    [Theory]
    [InlineData(nameof(ServerMood.DropsConnections))]
    [InlineData(nameof(ServerMood.Hangs))]
    public async Task Work_stops_at_the_renew_deadline_well_before_a_rival_may_start(string mood)
    {
        var running = Run();
        await WorksAsync();
        var lastRenewal = _time.GetTimestamp();
        _leases.Mood = Enum.Parse<ServerMood>(mood);
        while (true)
        {
            await Eventually.HappensAsync(
                () => !_working || (_leases.IsHanging && _time.IsWaiting(Options.RequestLimit)) || _time.IsWaiting(Options.RenewInterval),
                "it waits for time to go on");
            if (!_working)
            {
                break;
            }

            _time.Advance(TimeSpan.FromSeconds(0.5));
            Assert.True(_time.GetElapsedTime(lastRenewal) < TimeSpan.FromSeconds(15), "a rival may hold the lease by now");
        }

        Assert.True(_fence!.Remaining <= TimeSpan.Zero);
        Assert.True(_time.GetElapsedTime(lastRenewal) >= Options.RenewDeadline);
        _leases.Mood = ServerMood.Answers;
        await EndAsync(running);
    }

    [Fact]
    public async Task A_lease_taken_by_somebody_else_stops_the_work_at_once()
    {
        var running = Run();
        await WorksAsync();
        await PausesAsync();
        _leases.Seize("other", 15);
        _time.Advance(Options.RenewInterval);
        await Eventually.HappensAsync(() => !_working, "the work stops");
        Assert.Equal("other", _leases.Holder);
        await EndAsync(running);
        Assert.Equal("other", _leases.Holder);
    }

    [Fact]
    public async Task A_standby_asks_for_nothing_while_the_lease_is_renewed_and_takes_it_over_when_it_has_not_been_for_its_duration()
    {
        _leases.Seize("other", 15);
        var running = Run();
        for (var i = 0; i < 30; i++)
        {
            await SeesAsync();
            _time.Advance(Options.RenewInterval);
            _leases.Seize("other", 15);
        }

        await SeesAsync();
        _time.Advance(TimeSpan.FromSeconds(14.9));
        Assert.Equal(["GET", "GET"], _leases.Server.Requests.Select(request => request.Method)); // one look, one watch
        Assert.False(_working);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await WorksAsync();
        await EndAsync(running);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lease_that_is_given_back_or_deleted_is_taken_without_waiting(bool isDeleted)
    {
        _leases.Seize("other", 15);
        var running = Run();
        await SeesAsync();
        if (isDeleted)
        {
            _leases.Delete();
        }
        else
        {
            _leases.Seize("", 1);
        }

        await WorksAsync(); // and no time has passed
        Assert.Equal("me", _leases.Holder);
        await EndAsync(running);
    }

    [Fact]
    public async Task A_standby_that_may_not_watch_takes_a_released_lease_at_its_next_look()
    {
        _leases.ForbidsWatches = true;
        _leases.Seize("other", 15);
        var running = Run();
        for (var look = 0; look < 3; look++)
        {
            await Eventually.HappensAsync(() => _time.TryPass(Options.LookInterval), "it waits for its next look");
            Assert.False(_working);
        }

        _leases.Seize("", 1);
        await Eventually.HappensAsync(() => _working || _time.TryPass(Options.LookInterval), "it looks");
        await WorksAsync();
        await EndAsync(running);
    }

    [Fact]
    public async Task The_lease_is_given_back_soon_even_where_the_work_takes_its_time_to_close()
    {
        var closed = new TaskCompletionSource();
        var running = Elector().RunAsync(
            async (given, _) =>
            {
                _fence = given;
                _working = true;
                await closed.Task;
            },
            _stop.Token);
        await WorksAsync();
        await _stop.CancelAsync();
        await Eventually.HappensAsync(() => _time.TryPass(TimeSpan.FromSeconds(1)), "it waits for the work, but not long");
        Assert.True(_fence!.Remaining <= TimeSpan.Zero);
        await Eventually.HappensAsync(() => _leases.Holder is "", "the lease is released");
        Assert.False(running.IsCompleted);
        closed.SetResult();
        await running;
    }

    [Fact]
    public async Task An_error_of_the_work_comes_out_after_the_lease_is_released()
    {
        var running = Elector().RunAsync((_, _) => Task.FromException(new InvalidOperationException("broken")), _stop.Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => running);
        Assert.Equal("", _leases.Holder);
    }

    private LeaderElector Elector()
    {
        var client = new ResourceClient<V1Lease>(_leases.Server.Connect(_time), ResourceTypes.Leases);
        return new LeaderElector(new LeaseClient(client, Options, _time, NullLogger.Instance), Options, _time, ScriptedServer.Metrics(),
            NullLogger.Instance);
    }

    private Task Run() => Elector().RunAsync(
        async (given, cancel) =>
        {
            _fence = given;
            _working = true;
            _terms++;
            await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _working = false;
        },
        _stop.Token);

    private Task WorksAsync() => Eventually.HappensAsync(() => _working, "the lease is held");

    /// <summary>Time goes on by one interval, and the lease is renewed.</summary>
    private async Task RenewAsync()
    {
        // Time that goes on before the elector has begun to wait would be lost on it.
        await Eventually.HappensAsync(() => _time.IsPausedFor(Options.RenewInterval), "the wait for the next renewal");
        var writes = _leases.Writes;
        _time.Advance(Options.RenewInterval);
        await Eventually.HappensAsync(() => _leases.Writes > writes, "a renewal");
    }

    private Task PausesAsync() => Eventually.HappensAsync(() => _time.IsPausedFor(Options.RenewInterval), "the wait for the next renewal");

    /// <summary>Waits until the standby has seen who holds the lease, and waits for 15 seconds in turn.</summary>
    private Task SeesAsync() => Eventually.HappensAsync(() => _time.IsPausedFor(TimeSpan.FromSeconds(15)), "the standby has seen the lease");

    /// <summary>Time goes on meanwhile, since a release that hangs is given up.</summary>
    private async Task EndAsync(Task running)
    {
        await _stop.CancelAsync();
        await Eventually.HappensAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(10));
                return running.IsCompleted;
            },
            "the elector ends");
        await running;
    }
}
