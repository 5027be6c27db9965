using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using MhcOperator.Testing.Programs;

namespace MhcOperator.Testing.Kubernetes;

/// <summary>
/// Stands between an operator and its server and lets through as many writes as a test allows. The last of them is done, but its answer
/// never arrives, and neither does anything after it. It can also refuse writes in the server's place.
/// </summary>
public sealed class WriteGate : IDisposable
{
    private static readonly string[] Copied = ["Authorization", "Accept", "User-Agent"];

    private readonly HttpListener _listener = new();
    private readonly HttpClient _server;
    private readonly CancellationTokenSource _closed = new();
    private readonly Func<HttpListenerRequest, string, (int Code, string Message)?>? _refuse;
    private int _left;

    /// <param name="serverPort">The server's.</param>
    /// <param name="writes">How many are let through.</param>
    /// <param name="refuse">Hears of each write with its body, and says what is answered to it, 0 being a connection that breaks; null: it
    /// is let through.</param>
    public WriteGate(int serverPort, int writes, Func<HttpListenerRequest, string, (int Code, string Message)?>? refuse = null)
    {
        _left = writes;
        _refuse = refuse;
        var handler = new SocketsHttpHandler { UseProxy = false };
        var upstream = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{serverPort}/"));
        // a server on loopback with a certificate of its own making
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => upstream.IsLoopback;
        _server = new HttpClient(handler) { BaseAddress = upstream, Timeout = Timeout.InfiniteTimeSpan };
        Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Take()}/");
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Address { get; }

    /// <summary>Whether the last write that is let through has been done.</summary>
    public bool IsShut => Volatile.Read(ref _left) <= 0 && _lastIsDone;

    private volatile bool _lastIsDone;

    public void Dispose()
    {
        _closed.Cancel();
        _listener.Close();
        _server.Dispose();
        _closed.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_closed.IsCancellationRequested)
        {
            try
            {
                _ = PassAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task PassAsync(HttpListenerContext context)
    {
        try
        {
            var isWrite = context.Request.HttpMethod != "GET";
            var number = isWrite ? Interlocked.Decrement(ref _left) : Volatile.Read(ref _left);
            if (number < 0 || (!isWrite && number == 0))
            {
                context.Response.Abort();
                return;
            }

            using var copy = await CopyAsync(context.Request);
            if (isWrite && _refuse?.Invoke(context.Request,
                copy.Content is null ? "" : await copy.Content.ReadAsStringAsync(_closed.Token)) is { } refusal)
            {
                await RefuseAsync(context.Response, refusal.Code, refusal.Message);
                return;
            }

            using var answer = await _server.SendAsync(copy, HttpCompletionOption.ResponseHeadersRead, _closed.Token);
            if (isWrite && number == 0)
            {
                _lastIsDone = true;
                context.Response.Abort();
                return;
            }

            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            context.Response.SendChunked = true;
            await using var body = await answer.Content.ReadAsStreamAsync(_closed.Token);
            var buffer = new byte[64 * 1024];
            for (int read; (read = await body.ReadAsync(buffer, _closed.Token)) > 0;)
            {
                await context.Response.OutputStream.WriteAsync(buffer.AsMemory(0, read), _closed.Token);
                await context.Response.OutputStream.FlushAsync(_closed.Token);
            }

            context.Response.Close();
        }
        catch (Exception e) when (e is HttpRequestException or HttpListenerException or IOException or OperationCanceledException
            or ObjectDisposedException)
        {
            context.Response.Abort(); // either side has gone
        }
    }

    private static async Task RefuseAsync(HttpListenerResponse response, int code, string message)
    {
        if (code == 0)
        {
            response.Abort();
            return;
        }

        response.StatusCode = code;
        response.ContentType = "application/json";
        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"kind":"Status","status":"Failure","code":{{code}},"message":"{{message}}"}""");
        await response.OutputStream.WriteAsync(body);
        response.Close();
    }

    private static async Task<HttpRequestMessage> CopyAsync(HttpListenerRequest request)
    {
        var copy = new HttpRequestMessage(new HttpMethod(request.HttpMethod), request.RawUrl!.TrimStart('/'));
        foreach (var name in Copied)
        {
            copy.Headers.TryAddWithoutValidation(name, request.Headers[name]);
        }

        if (request.HasEntityBody)
        {
            var body = new MemoryStream();
            await request.InputStream.CopyToAsync(body);
            copy.Content = new ByteArrayContent(body.ToArray());
            copy.Content.Headers.ContentType = request.ContentType is { } type ? MediaTypeHeaderValue.Parse(type) : null;
        }

        return copy;
    }
}
