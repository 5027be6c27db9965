using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using MhcOperator.Api;

namespace MhcOperator.Operator.Hosting;

/// <summary>
/// As much of an API server, in memory, as one job needs to get running: it keeps what is made, tells those who watch, and says of each pod
/// that it runs.
/// </summary>
internal sealed class RehearsalServer : HttpMessageHandler
{
    /// <summary>An address that leads nowhere: no request leaves the process.</summary>
    public static readonly Uri Address = new("http://rehearsal.invalid/");

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _jobRuns = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, JsonObject> _objects = new(StringComparer.Ordinal); // by path
    private readonly List<(string Collection, Pipe Pipe)> _watches = [];
    private int _version = 1;

    public RehearsalServer(string ns)
    {
        var collection = $"/apis/{MhcTrainingJob.Group}/{MhcTrainingJob.Version}/namespaces/{ns}/{MhcTrainingJob.Plural}";
        Keep(collection, new JsonObject
        {
            ["apiVersion"] = $"{MhcTrainingJob.Group}/{MhcTrainingJob.Version}",
            ["kind"] = MhcTrainingJob.KindName,
            ["metadata"] = new JsonObject { ["name"] = "job", ["namespace"] = ns, ["generation"] = 1 },
            ["spec"] = new JsonObject
            {
                ["workers"] = new JsonObject { ["replicas"] = 2, ["device"] = "Cpu" },
                ["model"] = new JsonObject { ["layers"] = 1, ["width"] = 64, ["heads"] = 4, ["contextLength"] = 64 },
                ["optimization"] = new JsonObject { ["steps"] = 1000, ["batchTokens"] = 128 },
            },
        });
    }

    /// <summary>Done when the operator has written that the job runs.</summary>
    public Task JobRuns => _jobRuns.Task;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        var body = request.Content is null ? null : JsonNode.Parse(await request.Content.ReadAsStringAsync(cancellationToken));
        lock (_gate)
        {
            return request.Method.Method switch
            {
                "GET" when HttpUtility.ParseQueryString(request.RequestUri.Query) is var query && query["watch"] is not null =>
                    Watch(path, int.Parse(query["resourceVersion"]!, CultureInfo.InvariantCulture)),
                "GET" => _objects.TryGetValue(path, out var found) ? Answer(found) : List(path),
                "POST" => Answer(Create(path, body!.AsObject())),
                "PATCH" when body is JsonArray patch => Answer(WriteStatus(path[..path.LastIndexOf('/')], patch)),
                _ => Answer(_objects.GetValueOrDefault(path) ?? body!.AsObject()),
            };
        }
    }

    private static HttpResponseMessage Answer(JsonObject body) =>
        new(HttpStatusCode.OK) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };

    private HttpResponseMessage List(string collection) => Answer(new JsonObject
    {
        ["metadata"] = new JsonObject { ["resourceVersion"] = Version() },
        ["items"] = new JsonArray([.. _objects.Where(pair => CollectionOf(pair.Key) == collection).Select(pair => pair.Value.DeepClone())]),
    });

    private HttpResponseMessage Watch(string collection, int since)
    {
        var pipe = new Pipe();
        _watches.Add((collection, pipe));
        foreach (var (_, item) in _objects.Where(
            pair => CollectionOf(pair.Key) == collection
                && int.Parse((string)pair.Value["metadata"]!["resourceVersion"]!, CultureInfo.InvariantCulture) > since))
        {
            Tell(pipe, "MODIFIED", item); // it was made between the list and the watch
        }

        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(pipe.Reader.AsStream()) };
    }

    private JsonObject Create(string collection, JsonObject item)
    {
        var made = Keep(collection, item);
        if ((string?)item["kind"] == "Pod")
        {
            item["status"] = new JsonObject
            {
                ["phase"] = "Running",
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }),
                ["containerStatuses"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "trainer",
                        ["ready"] = true,
                        ["restartCount"] = 0,
                        ["state"] = new JsonObject { ["running"] = new JsonObject() }
                    }),
            };
            Change(collection, item);
        }

        return made;
    }

    private JsonObject WriteStatus(string path, JsonArray patch)
    {
        var job = _objects[path];
        job["status"] = patch.First(step => (string?)step!["path"] == "/status")!["value"]!.DeepClone();
        Change(CollectionOf(path), job);
        if ((string?)job["status"]!["phase"] == "Running")
        {
            _jobRuns.TrySetResult();
        }

        return job;
    }

    /// <returns>The object as it was made.</returns>
    private JsonObject Keep(string collection, JsonObject item)
    {
        _objects[$"{collection}/{(string?)item["metadata"]!["name"]}"] = item;
        item["metadata"]!["uid"] = Guid.NewGuid().ToString();
        Change(collection, item, "ADDED");
        return item.DeepClone().AsObject();
    }

    private void Change(string collection, JsonObject item, string type = "MODIFIED")
    {
        _version++;
        item["metadata"]!["resourceVersion"] = Version();
        foreach (var (_, pipe) in _watches.Where(watch => watch.Collection == collection))
        {
            Tell(pipe, type, item);
        }
    }

    private static void Tell(Pipe pipe, string type, JsonObject item)
    {
        var line = Encoding.UTF8.GetBytes(new JsonObject { ["type"] = type, ["object"] = item.DeepClone() }.ToJsonString() + "\n");
        _ = pipe.Writer.WriteAsync(line).AsTask(); // held in memory: there is nothing to wait for
    }

    private string Version() => _version.ToString(CultureInfo.InvariantCulture);

    private static string CollectionOf(string path) => path[..path.LastIndexOf('/')];
}
