using MhcOperator.Operator.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace MhcOperator.Operator.Tests.Hosting;

public sealed class RehearsalTests
{
    internal static readonly OperatorSettings Settings = new()
    {
        DefaultTrainerImage = "mhc-trainer",
        BindAddress = "127.0.0.1",
        MetricsPort = 0,
        LeaderElection = false,
        LeaseName = "mhc-operator",
        LeaseDurationSeconds = 12,
        Workers = 8,
        PollInterval = TimeSpan.FromSeconds(5),
    };

    /// <summary>The rehearsal's job must stay a good one when rules change.</summary>
    [Fact]
    public async Task The_rehearsals_job_gets_running() =>
        Assert.True(await Rehearsal.RunAsync(Settings, TimeProvider.System, NullLogger.Instance, TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_rehearsal_that_is_cancelled_ends_quietly()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Rehearsal.RunAsync(Settings, TimeProvider.System, NullLogger.Instance, stop.Token);
    }
}
