using k8s.Models;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class LeaderElectorTests : IDisposable
{
    private static readonly LeaseOptions Options = new("system", "op", "me", TimeSpan.FromSeconds(15));
    private readonly PauseWatchingTime time = new();
    private readonly FakeLeases leases = new();
    private readonly CancellationTokenSource stop = new();
    private volatile WriteFence? fence;
    private volatile int terms;
    private volatile bool working;

    public void Dispose()
    {
        stop.Dispose();
        leases.Server.Dispose();
    }

    [Fact]
    public async Task A_free_lease_is_taken_kept_and_released_at_the_end()
    {
        var running = Run();
        await WorksAsync();
        Assert.Equal("me", leases.Holder);
        for (var i = 0; i < 20; i++)
        {
            await RenewAsync();
        }

        Assert.True(fence!.Remaining > TimeSpan.Zero);
        await stop.CancelAsync();
        await running;
        Assert.False(working);
        Assert.Equal("", leases.Holder);
        Assert.True(fence.Remaining <= TimeSpan.Zero);
    }

    [Fact]
    public async Task One_dropped_connection_changes_nothing()
    {
        var running = Run();
        await WorksAsync();
        leases.Mood = ServerMood.DropsConnections;
        await StepAsync();
        leases.Mood = ServerMood.Answers;
        await RenewAsync();
        Assert.Equal((1, true), (terms, working));
        await EndAsync(running);
    }

    [Theory]
    [InlineData(nameof(ServerMood.DropsConnections))]
    [InlineData(nameof(ServerMood.Hangs))]
    public async Task Work_stops_at_the_renew_deadline_well_before_a_rival_may_start(string mood)
    {
        var running = Run();
        await WorksAsync();
        var lastRenewal = time.GetTimestamp();
        leases.Mood = Enum.Parse<ServerMood>(mood);
        while (working)
        {
            var requests = leases.Server.Requests.Count;
            time.Advance(TimeSpan.FromSeconds(0.5));
            await SettleAsync(() => !working || leases.Server.Requests.Count > requests);
            Assert.True(time.GetElapsedTime(lastRenewal) < TimeSpan.FromSeconds(15), "a rival may hold the lease by now");
        }

        Assert.True(fence!.Remaining <= TimeSpan.Zero);
        Assert.True(time.GetElapsedTime(lastRenewal) >= Options.RenewDeadline);
        leases.Mood = ServerMood.Answers;
        await EndAsync(running);
    }

    [Fact]
    public async Task A_lease_taken_by_somebody_else_stops_the_work_at_once()
    {
        var running = Run();
        await WorksAsync();
        leases.Seize("other", 15);
        time.Advance(Options.RenewInterval);
        await Eventually.HoldsAsync(() => !working, "the work stops");
        Assert.Equal("other", leases.Holder);
        await EndAsync(running);
        Assert.Equal("other", leases.Holder);
    }

    [Fact]
    public async Task A_lease_that_is_renewed_is_left_alone_and_one_that_is_not_is_taken_over_after_its_duration()
    {
        leases.Seize("other", 15);
        var running = Run();
        for (var i = 0; i < 30; i++)
        {
            leases.Seize("other", 15);
            await StepAsync();
            Assert.False(working);
        }

        var seen = time.GetTimestamp();
        while (!working)
        {
            await StepAsync();
            Assert.True(time.GetElapsedTime(seen) < TimeSpan.FromSeconds(20), "it should have been taken over");
        }

        Assert.True(time.GetElapsedTime(seen) >= TimeSpan.FromSeconds(14), "it was taken over too soon");
        await EndAsync(running);
    }

    [Fact]
    public async Task A_released_lease_is_taken_at_the_next_look()
    {
        leases.Seize("other", 15);
        var running = Run();
        await StepAsync();
        Assert.False(working);
        leases.Seize("", 1);
        time.Advance(TimeSpan.FromSeconds(1));
        await WorksAsync();
        Assert.Equal("me", leases.Holder);
        await EndAsync(running);
    }

    [Fact]
    public async Task An_error_of_the_work_comes_out_after_the_lease_is_released()
    {
        var running = Elector().RunAsync((_, _) => Task.FromException(new InvalidOperationException("broken")), stop.Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => running);
        Assert.Equal("", leases.Holder);
    }

    private LeaderElector Elector()
    {
        var client = new ResourceClient<V1Lease>(leases.Server.Connect(time), ResourceTypes.Leases);
        return new LeaderElector(new LeaseClient(client, Options, time, NullLogger.Instance), Options, time, ScriptedServer.Metrics(), NullLogger.Instance);
    }

    private Task Run() => Elector().RunAsync(
        async (given, cancel) =>
        {
            fence = given;
            working = true;
            terms++;
            await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            working = false;
        },
        stop.Token);

    private Task WorksAsync() => Eventually.HoldsAsync(() => working, "the lease is held");

    /// <summary>Time goes on by one interval, and the lease is renewed.</summary>
    private async Task RenewAsync()
    {
        // Time that goes on before the elector has begun to wait would be lost on it.
        await Eventually.HoldsAsync(() => time.IsPausedFor(Options.RenewInterval), "the wait for the next renewal");
        var writes = leases.Writes;
        time.Advance(Options.RenewInterval);
        await Eventually.HoldsAsync(() => leases.Writes > writes, "a renewal");
    }

    /// <summary>Time goes on until there has been another request.</summary>
    private async Task StepAsync()
    {
        var requests = leases.Server.Requests.Count;
        time.Advance(Options.RenewInterval);
        await SettleAsync(() => working || leases.Server.Requests.Count > requests);
    }

    /// <summary>Lets tasks run until something has happened, or it is plain that nothing will before time goes on.</summary>
    private static async Task SettleAsync(Func<bool> happened)
    {
        for (var i = 0; i < 20_000 && !happened(); i++)
        {
            await Task.Yield();
        }
    }

    /// <summary>Time goes on meanwhile, since a release that hangs is given up.</summary>
    private async Task EndAsync(Task running)
    {
        await stop.CancelAsync();
        await Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                return running.IsCompleted;
            },
            "the elector ends");
        await running;
    }
}
