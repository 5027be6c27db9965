using System.Net;
using k8s.Models;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Asks trainers for their status, and the containers around them for how they ended, straight at the pod's address.</summary>
internal sealed class TrainerStatusClient : IDisposable
{
    private const long LongestAnswer = 64 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly ILogger _log;
    private readonly HttpClient _http;

    public TrainerStatusClient(ILogger log)
    {
        _log = log;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = Limit,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30)
        };
        _http = new HttpClient(handler, disposeHandler: true) { Timeout = Limit, MaxResponseContentBufferSize = LongestAnswer };
    }

    /// <summary>The pod's status; null where it does not answer in time or not as the contract says.</summary>
    public Task<TrainerStatus?> GetStatusAsync(V1Pod pod, CancellationToken cancel) =>
        GetAsync(pod, Ports(pod, TrainerPorts.StatusName).FirstOrDefault(TrainerPorts.Status), TrainerPaths.Status,
            body => TrainerAnswer.ReadStatus(body), cancel);

    /// <summary>
    /// What each container that can restart in place says of its process; null where none answers in time and as the contract says.
    /// </summary>
    public async Task<IReadOnlyList<WorkerReport>?> GetReportsAsync(V1Pod pod, CancellationToken cancel)
    {
        var questions = Ports(pod, TrainerPorts.WorkerName)
            .Select(port => GetAsync(pod, port, TrainerPaths.Worker, body => TrainerAnswer.ReadReport(body), cancel));
        var reports = await Task.WhenAll(questions);
        var told = reports.OfType<WorkerReport>().ToList();
        return told.Count == 0 ? null : told;
    }

    public void Dispose() => _http.Dispose();

    private async Task<T?> GetAsync<T>(V1Pod pod, int port, string path, Func<byte[], T?> read, CancellationToken cancel)
        where T : class
    {
        if (!IPAddress.TryParse(pod.Status?.PodIP, out var address))
        {
            return null;
        }

        var uri = new UriBuilder(Uri.UriSchemeHttp, address.ToString(), port, path).Uri;
        try
        {
            return read(await _http.GetByteArrayAsync(uri, cancel));
        }
        catch (Exception e) when (e is HttpRequestException or (OperationCanceledException and { InnerException: TimeoutException }))
        {
            _log.LogDebug("pod {Pod}: no answer from {Uri}: {Reason}", pod.Metadata.Name, uri, e.Message);
            return null;
        }
    }

    private static IEnumerable<int> Ports(V1Pod pod, string name) =>
        (pod.Spec?.Containers ?? []).Where(container => RankContainers.Of(pod).Contains(container.Name, StringComparer.Ordinal))
            .SelectMany(container => container.Ports ?? [])
            .Where(port => port.Name == name)
            .Select(port => port.ContainerPort);
}
