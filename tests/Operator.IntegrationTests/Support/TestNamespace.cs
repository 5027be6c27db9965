using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Testing.Kubernetes;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>One test's own namespace: its jobs and pods, an operator for it, and the part of the kubelet, played by the test.</summary>
internal sealed class TestNamespace
{
    private readonly ApiServer _server;

    private TestNamespace(ApiServer server, string name)
    {
        _server = server;
        Name = name;
    }

    public string Name { get; }

    public TestApi Api => _server.Admin;

    private string[] OwnArguments => ["--namespace", Name, "--lease-namespace", Name];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<TestNamespace> CreateAsync(ApiServer server, string prefix = "test-")
    {
        var name = $"{prefix}{Guid.NewGuid().ToString("n")[..10]}";
        await server.Admin.CreateAsync("api/v1/namespaces", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, Cancel);
        return new TestNamespace(server, name);
    }

    /// <summary>An operator for this namespace, which takes its lease in it.</summary>
    /// <param name="kubeconfig">Another way to the server.</param>
    /// <param name="arguments">Further arguments.</param>
    public OperatorUnderTest StartOperator(string? kubeconfig = null, params IEnumerable<string> arguments) =>
        OperatorInProcess.Start(kubeconfig ?? _server.Kubeconfig(), [.. OwnArguments, .. arguments]);

    /// <summary>An operator that already acts on jobs.</summary>
    public Task<OperatorUnderTest> RunOperatorAsync(params IEnumerable<string> arguments) => WorkingAsync(StartOperator(null, arguments));

    /// <summary>The same as a program of its own.</summary>
    public OperatorProgram StartProgram(string? kubeconfig = null, params IEnumerable<string> arguments) =>
        OperatorProgram.Start(_server, kubeconfig ?? _server.Kubeconfig(), [.. OwnArguments, .. arguments]);

    /// <summary>A program that already acts on jobs.</summary>
    public Task<OperatorProgram> RunProgramAsync(string? kubeconfig = null, params IEnumerable<string> arguments) =>
        WorkingAsync(StartProgram(kubeconfig, arguments));

    public string Path(string resource, string? name = null)
    {
        var root = resource.StartsWith("mhctrainingjobs", StringComparison.Ordinal) ? "apis/training.mhc.dev/v1alpha1"
            : resource.StartsWith("leases", StringComparison.Ordinal) ? "apis/coordination.k8s.io/v1" : "api/v1";
        return $"{root}/namespaces/{Name}/{resource}" + (name is null ? "" : "/" + name);
    }

    public Task<JsonObject> CreateJobAsync(JobBuilder job) => Api.CreateAsync(Path("mhctrainingjobs"), job.Build(), Cancel);

    public async Task<JsonObject> JobAsync(string name) =>
        await Api.FindAsync(Path("mhctrainingjobs", name), Cancel) ?? throw new InvalidOperationException($"there is no job {name}");

    public Task<IReadOnlyList<JsonObject>> PodsAsync() => Api.ListAsync(Path("pods"), Cancel);

    /// <summary>Pods of one attempt that are not being deleted.</summary>
    public async Task<IReadOnlyList<JsonObject>> GangAsync(int attempt)
    {
        var label = attempt.ToString(CultureInfo.InvariantCulture);
        return [.. (await PodsAsync()).Where(
            pod => (string?)pod["metadata"]!["labels"]?["training.mhc.dev/attempt"] == label
                && pod["metadata"]!["deletionTimestamp"] is null)];
    }

    /// <summary>Waits until the attempt's pods are all there, and no others.</summary>
    public async Task<IReadOnlyList<JsonObject>> GangExistsAsync(int attempt, int replicas)
    {
        IReadOnlyList<JsonObject> gang = [], all = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                gang = await GangAsync(attempt);
                all = await PodsAsync();
                await CollectAsync(all);
                return gang.Count == replicas && all.Count == replicas;
            },
            () => $"exactly the {replicas} pods of attempt {attempt} exist; there are {string.Join(' ', all.Select(pod => pod.Name()))}, {gang.Count} of them in the gang", Cancel);
        return gang;
    }

    /// <summary>
    /// The part of Kubernetes's pod collector: the server deletes a pod in two writes, and where the client is killed between
    /// them a pod that no node has is left with its deletion time stamp.
    /// </summary>
    private Task CollectAsync(IEnumerable<JsonObject> pods) =>
        Task.WhenAll(pods.Where(pod => pod["metadata"]!["deletionTimestamp"] is not null && pod["spec"]!["nodeName"] is null)
            .Select(pod => Api.CollectAsync(Path("pods", pod.Name()), Cancel)));

    public Task JobHoldsAsync(string name, Func<JsonObject, bool> condition, string what)
    {
        JsonObject? job = null;
        return Eventually.HoldsAsync(async () => condition(job = await JobAsync(name)),
            () => $"job {name}: {what}; it is {job?["status"]?.ToJsonString()}", Cancel);
    }

    public Task ConditionHoldsAsync(string job, string type, string status, string? reason = null) =>
        JobHoldsAsync(
            job, found => found.Condition(type) is { } c && (string?)c["status"] == status
                && (reason is null || (string?)c["reason"] == reason), $"{type}={status} {reason}");

    public Task RunPodAsync(JsonObject pod, string? address = null) => PatchPodAsync(pod, new JsonObject
    {
        ["phase"] = "Running",
        ["podIP"] = address,
        ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }),
        ["containerStatuses"] = new JsonArray(Container(new JsonObject { ["running"] = new JsonObject() }, ready: true)),
    });

    public Task EndPodAsync(JsonObject pod, int exitCode, string message = "") => PatchPodAsync(pod, new JsonObject
    {
        ["phase"] = exitCode == 0 ? "Succeeded" : "Failed",
        ["containerStatuses"] = new JsonArray(Container(new JsonObject
        {
            ["terminated"] = new JsonObject
            {
                ["exitCode"] = exitCode,
                ["reason"] = exitCode == 0 ? "Completed" : "Error",
                ["message"] = message,
                ["finishedAt"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            },
        }, ready: false)),
    });

    public Task RunGangAsync(IEnumerable<JsonObject> gang) => Task.WhenAll(gang.Select(pod => RunPodAsync(pod)));

    public Task EndGangAsync(IEnumerable<JsonObject> gang, int exitCode, string message = "") =>
        Task.WhenAll(gang.Select(pod => EndPodAsync(pod, exitCode, message)));

    /// <summary>Events about a job.</summary>
    public async Task<IReadOnlyList<JsonObject>> EventsAsync(string job) =>
        [.. (await Api.ListAsync(Path("events"), Cancel)).Where(happened => (string?)happened["involvedObject"]!["name"] == job)];

    /// <summary>Whether a bad job is refused, without storing it where it is not.</summary>
    public async Task<bool> IsRefusedAsync()
    {
        var (code, _) = await Api.AskAsync(HttpMethod.Post, Path("mhctrainingjobs") + "?dryRun=All",
            JobBuilder.Make("refused").Heads(7).Build(), "application/json", Cancel);
        return code == System.Net.HttpStatusCode.UnprocessableEntity;
    }

    /// <summary>Waits until the server asks the webhooks about this namespace's jobs, and can.</summary>
    public Task AsksWebhooksAsync() => Eventually.HoldsAsync(IsRefusedAsync, "the server asks the webhooks", Cancel);

    private static async Task<T> WorkingAsync<T>(T started)
        where T : OperatorUnderTest
    {
        try
        {
            await started.WorksAsync(Cancel);
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    private Task<JsonObject> PatchPodAsync(JsonObject pod, JsonObject status) =>
        Api.PatchStatusAsync(Path("pods", pod.Name()), status, Cancel);

    private static JsonObject Container(JsonObject state, bool ready) => new()
    {
        ["name"] = "trainer",
        ["image"] = "i",
        ["imageID"] = "i",
        ["ready"] = ready,
        ["restartCount"] = 0,
        ["state"] = state,
    };
}
