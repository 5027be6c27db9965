using System.Net;
using System.Net.WebSockets;
using System.Text;
using k8s.Models;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>
/// Runs commands in containers (the subresource pods/exec, by WebSocket). It needs a role of its own, which not everybody grants:
/// deploy/optional/stack-dumps.yaml.
/// </summary>
/// <param name="connection">Server.</param>
/// <param name="time">Clock of the limit.</param>
/// <param name="log">Says what could not be run.</param>
internal sealed class PodExec(ApiConnection connection, TimeProvider time, ILogger log)
{
    private const string Protocol = "v4.channel.k8s.io";
    private const byte ErrorChannel = 3;
    private const int LongestAnswer = 16 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>Runs a command and waits for its end, but not for long. What goes wrong is logged.</summary>
    public async Task RunAsync(V1Pod pod, string container, IEnumerable<string> command, CancellationToken cancel)
    {
        using var limiter = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limiter.Token, cancel);
        try
        {
            var arguments = string.Join('&', command.Select(word => $"command={Uri.EscapeDataString(word)}"));
            var path = $"api/v1/namespaces/{pod.Metadata.NamespaceProperty}/pods/{pod.Metadata.Name}/exec?container={Uri.EscapeDataString(container)}&stderr=true&{arguments}";
            using var socket = await connection.OpenSocketAsync(new ApiRequest("get", "pods/exec", HttpMethod.Get, path), Protocol,
                either.Token);
            var result = await ReadResultAsync(socket, either.Token);
            if (!result.Contains("\"Success\"", StringComparison.Ordinal))
            {
                log.LogInformation("pod {Pod}: {Command} in container {Container}: {Result}", pod.Metadata.Name, string.Join(' ', command),
                    container, result);
            }
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            log.LogInformation("pod {Pod}: nothing may be run in it (deploy/optional/stack-dumps.yaml allows it)", pod.Metadata.Name);
        }
        catch (Exception e) when (e is ApiException or WebSocketException or HttpRequestException or IOException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            log.LogInformation("pod {Pod}: {Command} was not run: {Reason}", pod.Metadata.Name, string.Join(' ', command), e.Message);
        }
    }

    /// <summary>The Status object that comes on the error channel at the end; each message begins with the number of its channel.</summary>
    private static async Task<string> ReadResultAsync(WebSocket socket, CancellationToken cancel)
    {
        var buffer = new byte[LongestAnswer];
        var result = "";
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(buffer.AsMemory(length), cancel);
                length += received.Count;
            }
            while (!received.EndOfMessage && length < buffer.Length);

            if (received.MessageType == WebSocketMessageType.Close)
            {
                return result;
            }

            if (length > 1 && buffer[0] == ErrorChannel)
            {
                result = Encoding.UTF8.GetString(buffer, 1, length - 1);
            }
        }
    }
}
