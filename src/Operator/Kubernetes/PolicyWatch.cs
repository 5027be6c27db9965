using System.Net;
using System.Text.Json;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>
/// Keeps the jobs' network policies in sight. Where the right to list them is missing, only the jobs wait: it is asked for again until it
/// is there.
/// </summary>
/// <param name="kind">Their store.</param>
/// <param name="scopes">What is listed before it is watched.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Log.</param>
internal sealed class PolicyWatch(WatchedKind<JobNetworkPolicy> kind, IReadOnlyList<WatchScope> scopes, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private volatile ApiSupport _support = ApiSupport.Unknown;

    /// <summary>Raised when <see cref="Support"/> is another than before.</summary>
    public event Action? Changed;

    public WatchedKind<JobNetworkPolicy> Kind => kind;

    /// <summary>Whether they can be seen.</summary>
    public ApiSupport Support => _support;

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!await CanListAsync(cancel))
        {
            await Task.Delay(LookAgain, time, cancel);
        }

        var running = kind.RunAsync(cancel);
        await Task.WhenAny(kind.Synced, running);
        if (kind.Synced.IsCompletedSuccessfully)
        {
            Tell(ApiSupport.Of("networking.k8s.io/v1", "NetworkPolicy"));
        }

        await running;
    }

    private async Task<bool> CanListAsync(CancellationToken cancel)
    {
        try
        {
            foreach (var scope in scopes)
            {
                await kind.Client.ListAsync(scope.Namespace, scope.Selector, null, cancel);
            }

            return true;
        }
        catch (ApiException e) when (e.Status is HttpStatusCode.Forbidden)
        {
            Tell(ApiSupport.Without(
                $"the operator is to make network policies (--network-policy), and may not: grant it get, list, watch, create and patch of networkpolicies.networking.k8s.io: {e.Message}"));
        }
        catch (Exception e) when (e is ApiException or HttpRequestException or IOException or TimeoutException or JsonException)
        {
            log.LogWarning("network policies can't be listed, trying again: {Reason}", e.Message);
        }

        return false;
    }

    private void Tell(ApiSupport now)
    {
        if (now != _support)
        {
            _support = now;
            log.LogInformation("network policies: {Answer}", now.Missing ?? "one for each job");
            Changed?.Invoke();
        }
    }
}
