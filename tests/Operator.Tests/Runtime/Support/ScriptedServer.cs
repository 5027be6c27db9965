using System.Net;
using System.Text;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Tests.Runtime.Support;

/// <summary>An API server whose answers the test writes.</summary>
internal sealed class ScriptedServer(Func<ServerRequest, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    public static readonly Uri Address = new("https://server.test/");

    private readonly List<ServerRequest> _requests = [];

    public ScriptedServer(Func<ServerRequest, HttpResponseMessage> answer)
        : this((request, _) => Task.FromResult(answer(request)))
    {
    }

    public IReadOnlyList<ServerRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    public static RuntimeMetrics Metrics() => new(Prometheus.Metrics.NewCustomRegistry());

    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Refusal(HttpStatusCode status, string message) =>
        Json($$"""{"kind":"Status","status":"Failure","message":"{{message}}","code":{{(int)status}}}""", status);

    public ApiConnection Connect(TimeProvider time, WriteFence? fence = null, RequestRate? rate = null) =>
        new(new HttpClient(this, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan }, Address, null, time, Metrics(),
            fence, rate);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var seen = new ServerRequest(request.Method.Method, request.RequestUri!.AbsolutePath, request.RequestUri.Query, body);
        lock (_requests)
        {
            _requests.Add(seen);
        }

        return await answer(seen, cancellationToken);
    }
}
