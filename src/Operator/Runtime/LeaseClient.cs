using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Takes, renews and releases one Lease, each by a compare-and-swap on its resource version. Whether another holder's
/// lease has run out is judged by the local monotonic clock, from when its latest renewal was seen here: the times in
/// the object come from other machines' clocks.
/// </summary>
internal sealed class LeaseClient(ResourceClient<V1Lease> leases, LeaseOptions options, TimeProvider time, ILogger log)
{
    private const string FieldManager = "mhc-operator-lease";
    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(5);

    private string? _heldVersion; // of the lease as we wrote it last; null: it is not ours or not known to be
    private string? _seenVersion;
    private long _seenAt;
    private TimeSpan _seenDuration;
    private string? _complaint;
    private string? _watchComplaint;

    /// <summary>Takes the lease if it is free, ours or run out.</summary>
    public async Task<LeaseOutcome> TryHoldAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(options.RequestLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            var outcome = _heldVersion is { } version
                && await TryChangeAsync(version, new JsonObject { ["renewTime"] = Now() }, either.Token) ? LeaseOutcome.Held
                : await LookAndTakeAsync(either.Token);
            _complaint = null;
            return outcome;
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.Conflict)
        {
            return LeaseOutcome.HeldByOther; // somebody was faster; the next look says who
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ApiException or JsonException or TimeoutException
            or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            Complain(ref _complaint, e is OperationCanceledException ? "no answer in time" : e.Message);
            return LeaseOutcome.Unknown;
        }
    }

    /// <summary>
    /// Watches a lease that somebody else holds. Returns when it may be free: given back, deleted, or not renewed for its
    /// duration; and now and then without a reason. The caller tries to take it.
    /// </summary>
    public async Task WaitForChanceAsync(CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        using var limit = new CancellationTokenSource(
            _seenVersion is null ? options.LookInterval
                : Waits.Bounded(Max(_seenDuration - time.GetElapsedTime(_seenAt), TimeSpan.FromMilliseconds(1))), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            var selector = $"fieldSelector=metadata.name%3D{options.Name}";
            await foreach (var happened in leases.WatchAsync(options.Namespace, selector, _seenVersion ?? "", LongestWatch, either.Token))
            {
                if (happened.Kind == WatchEventKind.Deleted
                    || (happened.Item is { } lease && string.IsNullOrEmpty(lease.Spec?.HolderIdentity)))
                {
                    return;
                }

                if (happened.Item is { } renewed && renewed.Metadata.ResourceVersion != _seenVersion)
                {
                    See(renewed);
                    limit.CancelAfter(Waits.Bounded(_seenDuration));
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ApiException or JsonException or TimeoutException)
        {
            Complain(ref _watchComplaint, $"it can't be watched and is looked at instead: {e.Message}");
        }

        // Without a watch it is looked at; two that look in step would always meet in conflict.
        var left = (options.LookInterval * (0.8 + (0.2 * Random.Shared.NextDouble()))) - time.GetElapsedTime(started);
        await Task.Delay(Max(left, TimeSpan.Zero), time, cancel);
    }

    /// <summary>Gives the lease back, so that a rival need not wait for it to run out.</summary>
    public async Task ReleaseAsync(CancellationToken cancel)
    {
        try
        {
            if (_heldVersion is { } version && await TryChangeAsync(version, Released(), cancel))
            {
                log.LogInformation("released lease {Namespace}/{Name}", options.Namespace, options.Name);
            }
            else if (await leases.FindAsync(options.Namespace, options.Name, cancel) is { } lease
                && lease.Spec?.HolderIdentity == options.Identity)
            {
                await WriteAsync(lease.Metadata.ResourceVersion, Released(), cancel);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ApiException or JsonException or TimeoutException
            or OperationCanceledException)
        {
            log.LogWarning("lease {Namespace}/{Name}: not released, it will run out by itself: {Reason}", options.Namespace, options.Name,
                e.Message);
        }

        _heldVersion = null;
    }

    private JsonObject Released() => new() { ["holderIdentity"] = "", ["leaseDurationSeconds"] = 1, ["renewTime"] = Now() };

    /// <returns>False where the lease has changed since we wrote it.</returns>
    private async Task<bool> TryChangeAsync(string version, JsonObject spec, CancellationToken cancel)
    {
        try
        {
            await WriteAsync(version, spec, cancel);
            return true;
        }
        catch (ApiException e) when (e.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            _heldVersion = null; // a renewal whose answer was lost also looks like this
            return false;
        }
    }

    private async Task<LeaseOutcome> LookAndTakeAsync(CancellationToken cancel)
    {
        if (await leases.FindAsync(options.Namespace, options.Name, cancel) is not { } lease)
        {
            var made = await leases.CreateAsync(options.Namespace, NewLease(), FieldManager, cancel);
            _heldVersion = made.Metadata.ResourceVersion;
            return LeaseOutcome.Held;
        }

        var isOurs = lease.Spec?.HolderIdentity == options.Identity;
        if (!isOurs && !IsFree(lease))
        {
            return LeaseOutcome.HeldByOther;
        }

        var spec = new JsonObject { ["holderIdentity"] = options.Identity, ["leaseDurationSeconds"] = Seconds(), ["renewTime"] = Now() };
        if (!isOurs)
        {
            spec["acquireTime"] = Now();
            spec["leaseTransitions"] = (lease.Spec?.LeaseTransitions ?? 0) + 1;
        }

        await WriteAsync(lease.Metadata.ResourceVersion, spec, cancel);
        return LeaseOutcome.Held;
    }

    private bool IsFree(V1Lease lease)
    {
        if (string.IsNullOrEmpty(lease.Spec?.HolderIdentity))
        {
            return true;
        }

        if (_seenVersion != lease.Metadata.ResourceVersion)
        {
            See(lease);
        }

        return time.GetElapsedTime(_seenAt) >= _seenDuration;
    }

    private void See(V1Lease lease) =>
        (_seenVersion, _seenAt, _seenDuration) = (lease.Metadata.ResourceVersion, time.GetTimestamp(),
            TimeSpan.FromSeconds(lease.Spec?.LeaseDurationSeconds ?? Seconds()));

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private async Task WriteAsync(string version, JsonObject spec, CancellationToken cancel)
    {
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version }, ["spec"] = spec };
        var written = await leases.PatchAsync(options.Namespace, options.Name, null, patch, FieldManager, cancel);
        _heldVersion = written.Metadata.ResourceVersion;
    }

    private JsonObject NewLease() => new()
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject
        {
            ["name"] = options.Name,
            ["namespace"] = options.Namespace,
            ["ownerReferences"] = options.Owner is { } owner ? new JsonArray(owner.DeepClone()) : null,
        },
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = options.Identity,
            ["leaseDurationSeconds"] = Seconds(),
            ["acquireTime"] = Now(),
            ["renewTime"] = Now(),
            ["leaseTransitions"] = 0,
        },
    };

    private int Seconds() => (int)options.Duration.TotalSeconds;

    /// <summary>The API's MicroTime takes exactly six digits.</summary>
    private string Now() => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    /// <summary>Once for each kind of trouble, not every second.</summary>
    private void Complain(ref string? last, string trouble)
    {
        if (last != trouble)
        {
            last = trouble;
            log.LogWarning("lease {Namespace}/{Name}: {Trouble}", options.Namespace, options.Name, trouble);
        }
    }
}

/// <summary>Which lease, and how it is kept.</summary>
/// <param name="Namespace">Namespace of the lease.</param>
/// <param name="Name">Name of the lease.</param>
/// <param name="Identity">Unique name of this process.</param>
/// <param name="Duration">A rival takes the lease over when it has not been renewed for this long; whole seconds, at least 3.</param>
internal sealed record LeaseOptions(string Namespace, string Name, string Identity, TimeSpan Duration)
{
    /// <summary>Reference to the object with which a lease goes that is made here; null: none.</summary>
    public JsonObject? Owner { get; init; }

    /// <summary>
    /// Without a renewal for this long the holder stops acting; what is left of the duration is the margin for requests on their way.
    /// </summary>
    public TimeSpan RenewDeadline => Duration * 2 / 3;

    /// <summary>Between two renewals.</summary>
    public TimeSpan RenewInterval => Duration * 2 / 15;

    /// <summary>Between two looks at a lease that somebody else holds, where it can't be watched.</summary>
    public TimeSpan LookInterval => Duration / 15;

    /// <summary>Limit of one request: a dropped connection must leave time for another try.</summary>
    public TimeSpan RequestLimit => RenewDeadline / 3;
}

/// <summary>What a try to take or renew the lease came to.</summary>
internal enum LeaseOutcome
{
    /// <summary>It is ours.</summary>
    Held,

    /// <summary>Somebody else has it.</summary>
    HeldByOther,

    /// <summary>The server did not answer, or refused: who has it is not known.</summary>
    Unknown,
}
