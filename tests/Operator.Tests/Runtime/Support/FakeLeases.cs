using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace MhcOperator.Operator.Tests.Runtime.Support;

/// <summary>An API server with one lease in it: compare-and-swap on the resource version, watches, and faults on demand.</summary>
internal sealed class FakeLeases
{
    private const string Collection = "/apis/coordination.k8s.io/v1/namespaces/system/leases";
    private readonly Lock _gate = new();
    private readonly List<Pipe> _watches = [];
    private JsonObject? _lease;
    private int _version = 100;
    private volatile int _hanging;

    public FakeLeases()
    {
        Server = new ScriptedServer(AnswerAsync);
    }

    public ScriptedServer Server { get; }

    /// <summary>How the server treats the next requests.</summary>
    public ServerMood Mood { get; set; }

    /// <summary>Whether watches are forbidden.</summary>
    public bool ForbidsWatches { get; set; }

    /// <summary>Whether a request waits for an answer that does not come.</summary>
    public bool IsHanging => _hanging > 0;

    /// <summary>Successful writes so far.</summary>
    public int Writes { get; private set; }

    public string? Holder
    {
        get
        {
            lock (_gate)
            {
                return (string?)_lease?["spec"]?["holderIdentity"];
            }
        }
    }

    /// <summary>Somebody else writes the lease.</summary>
    public void Seize(string holder, int seconds)
    {
        lock (_gate)
        {
            _lease ??= new JsonObject { ["metadata"] = new JsonObject { ["name"] = "op", ["namespace"] = "system" } };
            _lease["spec"] = new JsonObject { ["holderIdentity"] = holder, ["leaseDurationSeconds"] = seconds, ["leaseTransitions"] = 1 };
            Stamp();
        }
    }

    /// <summary>Somebody deletes the lease.</summary>
    public void Delete()
    {
        lock (_gate)
        {
            _watches.ForEach(pipe => Tell(pipe, "DELETED"));
            _lease = null;
        }
    }

    private async Task<HttpResponseMessage> AnswerAsync(ServerRequest request, CancellationToken cancel)
    {
        switch (Mood)
        {
            case ServerMood.DropsConnections:
                throw new HttpRequestException("connection reset by peer");
            case ServerMood.Hangs:
                await HangAsync(cancel);
                break;
        }

        lock (_gate)
        {
            return request.Method switch
            {
                "GET" when request.IsWatch => Watch(request),
                "GET" => _lease is null ? ScriptedServer.Refusal(HttpStatusCode.NotFound, "no lease")
                    : ScriptedServer.Json(_lease.ToJsonString()),
                "POST" => Create(request),
                _ => Patch(request),
            };
        }
    }

    private async Task HangAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref _hanging);
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _hanging);
        }
    }

    /// <summary>As from a server: first what has changed since the version that is asked for.</summary>
    private HttpResponseMessage Watch(ServerRequest request)
    {
        Assert.Equal(Collection, request.Path);
        Assert.Contains("fieldSelector=metadata.name%3Dop", request.Query, StringComparison.Ordinal);
        if (ForbidsWatches)
        {
            return ScriptedServer.Refusal(HttpStatusCode.Forbidden, "you may not watch");
        }

        var pipe = new Pipe();
        _watches.Add(pipe);
        if (_lease is not null && !request.Query.Contains($"resourceVersion={(string?)_lease["metadata"]!["resourceVersion"]}&",
            StringComparison.Ordinal))
        {
            Tell(pipe, "MODIFIED");
        }

        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(pipe.Reader.AsStream()) };
    }

    private void Tell(Pipe pipe, string type)
    {
        var line = new JsonObject { ["type"] = type, ["object"] = _lease!.DeepClone() }.ToJsonString() + "\n";
        _ = pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(line)).AsTask(); // held in memory: there is nothing to wait for
    }

    private HttpResponseMessage Create(ServerRequest request)
    {
        Assert.Equal(Collection, request.Path);
        if (_lease is not null)
        {
            return ScriptedServer.Refusal(HttpStatusCode.Conflict, "exists");
        }

        _lease = JsonNode.Parse(request.Body)!.AsObject();
        return Stamp();
    }

    private HttpResponseMessage Patch(ServerRequest request)
    {
        var patch = JsonNode.Parse(request.Body)!.AsObject();
        if (_lease is null || (string?)patch["metadata"]!["resourceVersion"] != (string?)_lease["metadata"]!["resourceVersion"])
        {
            return ScriptedServer.Refusal(HttpStatusCode.Conflict, "changed");
        }

        foreach (var (name, value) in patch["spec"]!.AsObject())
        {
            _lease["spec"]![name] = value?.DeepClone();
        }

        return Stamp();
    }

    private HttpResponseMessage Stamp()
    {
        Writes++;
        _lease!["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        _watches.ForEach(pipe => Tell(pipe, "MODIFIED"));
        return ScriptedServer.Json(_lease.ToJsonString());
    }
}
