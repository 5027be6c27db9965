using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace MhcOperator.Operator.Runtime;

/// <summary>Sends requests to the API server: credentials, time limits, throttling, metrics, and the fence before each write.</summary>
/// <param name="http">Client without a time limit of its own.</param>
/// <param name="server">Address of the server.</param>
/// <param name="authenticate">Adds credentials to a request; null: the client does that by itself (certificate).</param>
/// <param name="time">Clock of the limits.</param>
/// <param name="metrics">Counts the requests.</param>
/// <param name="fence">Asked before each write; null: writes are always allowed.</param>
/// <param name="rate">Waited for before each request; null: the server alone says when it has had enough.</param>
internal sealed class ApiConnection(
    HttpClient http, Uri server, Func<HttpRequestMessage, CancellationToken, Task>? authenticate, TimeProvider time, RuntimeMetrics metrics,
    WriteFence? fence = null,
    RequestRate? rate = null)
{
    /// <summary>
    /// An API server stores objects that are nested up to 10000 levels deep, and a job's pod template may be anything: one that could not
    /// be read would keep the whole list from being read. The parser does not recurse.
    /// </summary>
    public static readonly JsonDocumentOptions Json = new() { MaxDepth = 30_000 };

    private const int ThrottledTries = 4;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestThrottle = TimeSpan.FromSeconds(5);

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="HttpRequestException">The server can't be reached.</exception>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    /// <exception cref="LeaseExpiredException">It is a write and the lease may be somebody else's.</exception>
    /// <exception cref="AnswerTooLongException">It is longer than <see cref="ApiRequest.LongestAnswer"/>.</exception>
    public async Task<JsonDocument> SendAsync(ApiRequest request, CancellationToken cancel)
    {
        await WaitForTurnAsync(cancel);
        var (limit, fenced) = LimitOf(request);
        using var limiter = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limiter.Token, cancel);
        try
        {
            using var response = await OpenNowAsync(request, either.Token);
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            return await JsonDocument.ParseAsync(request.LongestAnswer is { } most ? new BoundedStream(body, most) : body, Json,
                either.Token);
        }
        catch (OperationCanceledException e) when (limiter.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw fenced ? new LeaseExpiredException()
                : new TimeoutException($"{request.Method} {request.Path}: no answer from {server} in {limit.TotalSeconds:0} s", e);
        }
    }

    /// <summary>Sends a request and returns as soon as the answer begins; the caller disposes of it.</summary>
    /// <inheritdoc cref="SendAsync" path="/exception"/>
    public async Task<HttpResponseMessage> OpenAsync(ApiRequest request, CancellationToken cancel)
    {
        await WaitForTurnAsync(cancel);
        return await OpenNowAsync(request, cancel);
    }

    private async Task<HttpResponseMessage> OpenNowAsync(ApiRequest request, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            var response = await SendOnceAsync(request, cancel);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                if (response.StatusCode != HttpStatusCode.TooManyRequests || tries == ThrottledTries)
                {
                    throw new ApiException(response.StatusCode,
                        Explain(await response.Content.ReadAsStringAsync(cancel), request, response.StatusCode));
                }

                // 429 says that nothing was done, so that even a write may be sent again.
                var wait = response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1);
                await Task.Delay(wait < LongestThrottle ? wait : LongestThrottle, time, cancel);
            }
        }
    }

    /// <summary>Opens a WebSocket; the caller disposes of it.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="WebSocketException">The server can't be reached.</exception>
    public async Task<WebSocket> OpenSocketAsync(ApiRequest request, string protocol, CancellationToken cancel)
    {
        await WaitForTurnAsync(cancel);
        var address = new UriBuilder(
            new Uri(server, request.Path))
        { Scheme = server.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs };
        using var credentials = new HttpRequestMessage();
        if (authenticate is not null)
        {
            await authenticate(credentials, cancel);
        }

        var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        try
        {
            socket.Options.AddSubProtocol(protocol);
            if (credentials.Headers.Authorization is { } header)
            {
                socket.Options.SetRequestHeader("Authorization", header.ToString());
            }

            await socket.ConnectAsync(address.Uri, http, cancel);
            metrics.RequestSent(request.Verb, request.Resource, (int)HttpStatusCode.SwitchingProtocols);
            return socket;
        }
        catch (Exception e)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            metrics.RequestSent(request.Verb, request.Resource, (int)status);
            throw e is WebSocketException && status >= HttpStatusCode.BadRequest
                ? new ApiException(status, $"{request.Method} {request.Path}: {(int)status}") : e;
        }
    }

    private Task WaitForTurnAsync(CancellationToken cancel) => rate?.WaitAsync(cancel) ?? Task.CompletedTask;

    private (TimeSpan Limit, bool Fenced) LimitOf(ApiRequest request)
    {
        if (fence is null || !request.IsWrite)
        {
            return (AnswerLimit, false);
        }

        var left = fence.Remaining;
        return left <= TimeSpan.Zero ? throw new LeaseExpiredException() : left < AnswerLimit ? (left, true) : (AnswerLimit, false);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(ApiRequest request, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(request.Method, new Uri(server, request.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        if (request.Body is not null)
        {
            message.Content = new StringContent(request.Body, Encoding.UTF8, MediaTypeHeaderValue.Parse(request.MediaType));
        }

        if (authenticate is not null)
        {
            await authenticate(message, cancel);
        }

        if (request.IsWrite && fence is { } guard && guard.Remaining <= TimeSpan.Zero)
        {
            throw new LeaseExpiredException();
        }

        try
        {
            var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
            metrics.RequestSent(request.Verb, request.Resource, (int)response.StatusCode);
            return response;
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !cancel.IsCancellationRequested)
        {
            // The handler's own limit for opening a connection comes out as a cancellation that nobody asked for.
            metrics.RequestSent(request.Verb, request.Resource, 0);
            throw new HttpRequestException($"{server}: no connection in time", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            metrics.RequestSent(request.Verb, request.Resource, 0);
            if (e is HttpRequestException)
            {
                throw;
            }

            // A connection that is reset while it opens can come out of the handler as a bare socket error.
            throw new HttpRequestException($"{server}: {e.Message}", e);
        }
    }

    /// <summary>The message of the Status object that the server sends with a refusal, or its text.</summary>
    private static string Explain(string body, ApiRequest request, HttpStatusCode status)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("message", out var message)
                && message.GetString() is { Length: > 0 } text)
            {
                return text;
            }
        }
        catch (JsonException)
        {
            // Proxies and old servers answer in plain text, which is as good.
            return $"{request.Method} {request.Path}: {(int)status} {body.Trim()}";
        }

        return $"{request.Method} {request.Path}: {(int)status}";
    }
}
