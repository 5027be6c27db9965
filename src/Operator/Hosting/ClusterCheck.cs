using System.Net;
using System.Security.Authentication;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Hosting;

/// <summary>
/// Waits until jobs can be listed, and says in plain words why they can't: nobody should have to guess that the CRD is not installed.
/// </summary>
internal sealed class ClusterCheck(ResourceClient<JobManifest> jobs, string server, IReadOnlyList<string> namespaces, OperatorHealth health,
    TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public async Task WaitAsync(CancellationToken cancel)
    {
        string? said = null;
        while (await TroubleAsync(cancel) is { } trouble)
        {
            health.WaitingFor = trouble;
            if (trouble != said)
            {
                said = trouble;
                log.LogWarning("waiting for {Trouble}", trouble);
            }

            await Task.Delay(Interval, time, cancel);
        }
    }

    private async Task<string?> TroubleAsync(CancellationToken cancel)
    {
        try
        {
            foreach (var scope in WatchScope.Each(namespaces))
            {
                await jobs.ListAsync(scope.Namespace, null, null, cancel);
            }

            return null;
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return $"the CustomResourceDefinition {MhcTrainingJob.Plural}.{MhcTrainingJob.Group}, which is not installed: kubectl apply -f crds/";
        }
        catch (ApiException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized)
        {
            return $"permission from {server} (kubectl apply -f deploy/ grants it): {e.Message}";
        }
        catch (Exception e) when (e is ApiException or HttpRequestException or IOException or TimeoutException
            or System.Text.Json.JsonException)
        {
            // that names what is wrong with its certificate
            return $"{server}: {(e.InnerException is AuthenticationException untrusted ? untrusted.Message : e.Message)}";
        }
    }
}
