using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace MhcOperator.Operator.Tests.Runtime.Support;

/// <summary>An API server with one lease in it: compare-and-swap on the resource version, and faults on demand.</summary>
internal sealed class FakeLeases
{
    private const string Collection = "/apis/coordination.k8s.io/v1/namespaces/system/leases";
    private readonly Lock gate = new();
    private JsonObject? lease;
    private int version = 100;

    public FakeLeases()
    {
        Server = new ScriptedServer(AnswerAsync);
    }

    public ScriptedServer Server { get; }

    /// <summary>How the server treats the next requests.</summary>
    public ServerMood Mood { get; set; }

    /// <summary>Successful writes so far.</summary>
    public int Writes { get; private set; }

    public string? Holder
    {
        get
        {
            lock (gate)
            {
                return (string?)lease?["spec"]?["holderIdentity"];
            }
        }
    }

    /// <summary>Somebody else writes the lease.</summary>
    public void Seize(string holder, int seconds)
    {
        lock (gate)
        {
            lease ??= new JsonObject { ["metadata"] = new JsonObject { ["name"] = "op", ["namespace"] = "system" } };
            lease["spec"] = new JsonObject { ["holderIdentity"] = holder, ["leaseDurationSeconds"] = seconds, ["leaseTransitions"] = 1 };
            Stamp();
        }
    }

    private async Task<HttpResponseMessage> AnswerAsync(ServerRequest request, CancellationToken cancel)
    {
        switch (Mood)
        {
            case ServerMood.DropsConnections:
                throw new HttpRequestException("connection reset by peer");
            case ServerMood.Hangs:
                await Task.Delay(Timeout.Infinite, cancel);
                break;
        }

        lock (gate)
        {
            return request.Method switch
            {
                "GET" => lease is null ? ScriptedServer.Refusal(HttpStatusCode.NotFound, "no lease") : ScriptedServer.Json(lease.ToJsonString()),
                "POST" => Create(request),
                _ => Patch(request),
            };
        }
    }

    private HttpResponseMessage Create(ServerRequest request)
    {
        Assert.Equal(Collection, request.Path);
        if (lease is not null)
        {
            return ScriptedServer.Refusal(HttpStatusCode.Conflict, "exists");
        }

        lease = JsonNode.Parse(request.Body)!.AsObject();
        return Stamp();
    }

    private HttpResponseMessage Patch(ServerRequest request)
    {
        var patch = JsonNode.Parse(request.Body)!.AsObject();
        if (lease is null || (string?)patch["metadata"]!["resourceVersion"] != (string?)lease["metadata"]!["resourceVersion"])
        {
            return ScriptedServer.Refusal(HttpStatusCode.Conflict, "changed");
        }

        foreach (var (name, value) in patch["spec"]!.AsObject())
        {
            lease["spec"]![name] = value?.DeepClone();
        }

        return Stamp();
    }

    private HttpResponseMessage Stamp()
    {
        Writes++;
        lease!["metadata"]!["resourceVersion"] = (++version).ToString(CultureInfo.InvariantCulture);
        return ScriptedServer.Json(lease.ToJsonString());
    }
}
