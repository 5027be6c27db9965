using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Works only while it holds the lease. When the lease can't be kept the work is cancelled and awaited before anything
/// else is done, and its fence lets no write out after the renewal deadline, cancelled or not. One dropped connection
/// changes nothing: only the deadline counts.
/// </summary>
/// <param name="lease">The lease.</param>
/// <param name="options">Its times.</param>
/// <param name="time">Clock of them.</param>
/// <param name="metrics">Says who leads.</param>
/// <param name="log">Says it too.</param>
internal sealed class LeaderElector(LeaseClient lease, LeaseOptions options, TimeProvider time, RuntimeMetrics metrics, ILogger log)
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Hears of each try to take the lease whether the server answered it; while the lease is held, the work knows better.
    /// </summary>
    public Action<bool>? Tried { get; init; }

    /// <summary>Waits for the lease and works; stands in line again when it was lost. Returns when cancelled, the lease released.</summary>
    /// <param name="work">What the leader does, through the fence; returns soon after it is cancelled.</param>
    /// <param name="cancel">Ends it all.</param>
    /// <exception cref="Exception">Whatever the work threw; the lease is released before.</exception>
    public async Task RunAsync(Func<WriteFence, CancellationToken, Task> work, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var fence = new WriteFence(time);
                await AcquireAsync(fence, cancel);
                await LeadAsync(fence, work, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task AcquireAsync(WriteFence fence, CancellationToken cancel)
    {
        log.LogInformation("waiting for lease {Namespace}/{Name} as {Identity}", options.Namespace, options.Name, options.Identity);
        while (!await TryHoldAsync(fence, cancel))
        {
            await lease.WaitForChanceAsync(cancel);
        }
    }

    private async Task LeadAsync(WriteFence fence, Func<WriteFence, CancellationToken, Task> work, CancellationToken cancel)
    {
        log.LogInformation("holding lease {Namespace}/{Name}", options.Namespace, options.Name);
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        metrics.IsLeader(true);
        var working = work(fence, term.Token);
        try
        {
            await KeepAsync(fence, working, cancel);
        }
        finally
        {
            // First no write can go out any more, then the lease is given back; what else the work has to close may take its time.
            var cancelling = term.CancelAsync();
            fence.Close();
            await cancelling;
            await Task.WhenAny(working, Task.Delay(StopLimit, time, CancellationToken.None));
            metrics.IsLeader(false);
            using var limit = new CancellationTokenSource(ReleaseLimit, time);
            await lease.ReleaseAsync(limit.Token);
            await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (working.IsFaulted)
        {
            await working;
        }
    }

    /// <summary>Returns when the lease can't be kept, or the work has ended.</summary>
    private async Task KeepAsync(WriteFence fence, Task working, CancellationToken cancel)
    {
        while (!working.IsCompleted)
        {
            using var wake = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var pause = Task.Delay(options.RenewInterval, time, wake.Token);
            await Task.WhenAny(working, pause);
            await wake.CancelAsync();
            cancel.ThrowIfCancellationRequested();
            if (working.IsCompleted)
            {
                return;
            }

            var sentAt = time.GetTimestamp();
            var outcome = await lease.TryHoldAsync(cancel);
            if (outcome == LeaseOutcome.Held)
            {
                fence.Open(sentAt, options.RenewDeadline);
            }
            else if (outcome == LeaseOutcome.HeldByOther)
            {
                log.LogWarning("lease {Namespace}/{Name} is held by another operator: stopping work", options.Namespace, options.Name);
                return;
            }
            else if (fence.Remaining <= TimeSpan.Zero)
            {
                log.LogWarning("lease {Namespace}/{Name} was not renewed for {Deadline}: stopping work", options.Namespace, options.Name,
                    options.RenewDeadline);
                return;
            }
        }
    }

    private async Task<bool> TryHoldAsync(WriteFence fence, CancellationToken cancel)
    {
        var sentAt = time.GetTimestamp();
        var outcome = await lease.TryHoldAsync(cancel);
        Tried?.Invoke(outcome != LeaseOutcome.Unknown);
        if (outcome != LeaseOutcome.Held)
        {
            return false;
        }

        fence.Open(sentAt, options.RenewDeadline);
        return true;
    }
}
