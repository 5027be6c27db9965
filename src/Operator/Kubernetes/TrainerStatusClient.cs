using System.Net;
using System.Text.Json;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Asks trainers for their status, straight at the pod's address.</summary>
internal sealed class TrainerStatusClient : IDisposable
{
    /// <summary>Name of the container port that says where the status is served, where it is not at the usual one.</summary>
    private const string PortName = "status";
    private const int UsualPort = 8470;
    private const long LongestAnswer = 64 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly ILogger log;
    private readonly HttpClient http;

    public TrainerStatusClient(ILogger log)
    {
        this.log = log;
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Limit, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30) };
        http = new HttpClient(handler, disposeHandler: true) { Timeout = Limit, MaxResponseContentBufferSize = LongestAnswer };
    }

    /// <summary>The pod's status; null where it does not answer in time or not as the contract says.</summary>
    public async Task<TrainerStatus?> GetAsync(V1Pod pod, CancellationToken cancel)
    {
        if (!IPAddress.TryParse(pod.Status?.PodIP, out var address))
        {
            return null;
        }

        var uri = new UriBuilder(Uri.UriSchemeHttp, address.ToString(), Port(pod), "status").Uri;
        try
        {
            var body = await http.GetByteArrayAsync(uri, cancel);
            return JsonSerializer.Deserialize(body, ApiJsonContext.Default.TrainerStatus);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or (OperationCanceledException and { InnerException: TimeoutException }))
        {
            log.LogDebug("pod {Pod}: no status from {Uri}: {Reason}", pod.Metadata.Name, uri, e.Message);
            return null;
        }
    }

    public void Dispose() => http.Dispose();

    private static int Port(V1Pod pod) =>
        pod.Spec?.Containers?.SelectMany(container => container.Ports ?? []).FirstOrDefault(port => port.Name == PortName)?.ContainerPort ?? UsualPort;
}
