using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>Two pods whose containers can restart in place; the test plays these and the kubelet.</summary>
internal sealed class SupervisedGang : IDisposable
{
    private readonly TestNamespace _ns;
    private readonly List<PlayedWorker> _workers = [new(), new()];

    public SupervisedGang(TestNamespace ns)
    {
        _ns = ns;
    }

    public IReadOnlyList<JsonObject> Pods { get; private set; } = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A job named "job" whose pods run.</summary>
    public static async Task<SupervisedGang> TrainAsync(TestNamespace ns, JobBuilder job)
    {
        var gang = new SupervisedGang(ns);
        await ns.CreateJobAsync(job);
        await gang.RunAsync();
        await ns.ConditionHoldsAsync("job", "Running", "True");
        return gang;
    }

    /// <summary>The pods of attempt 1 run.</summary>
    public async Task RunAsync()
    {
        Pods = await _ns.GangExistsAsync(1, _workers.Count);
        await Task.WhenAll(Pods.Zip(_workers, (pod, worker) => _ns.RunPodAsync(pod, worker.Address)));
    }

    /// <summary>A process ends, and the kubelet finds its container not ready.</summary>
    public Task EndAsync(int worker, int exitCode, string message = "")
    {
        _workers[worker].End(exitCode, message);
        return _ns.SetConditionAsync(Pods[worker], "Ready", "False", "ContainersNotReady");
    }

    public async Task EndAllAsync(int exitCode, string message = "")
    {
        await EndAsync(0, exitCode, message);
        await EndAsync(1, exitCode, message);
    }

    /// <summary>The containers have got their orders.</summary>
    public async Task BeginAllAsync(int attempt)
    {
        _workers.ForEach(w => w.Begin(attempt));
        foreach (var pod in Pods)
        {
            await _ns.SetConditionAsync(pod, "Ready", "True", "");
        }
    }

    /// <summary>What each pod was last ordered; null: nothing.</summary>
    public async Task<IReadOnlyList<RestartOrder?>> OrdersAsync() =>
        [.. (await AnnotationsAsync(Annotations.Order)).Select(RestartOrder.Parse)];

    /// <summary>Which time each pod was last ordered it.</summary>
    public async Task<IReadOnlyList<int>> OrderCountsAsync() =>
        [.. (await AnnotationsAsync(Annotations.OrderCount)).Select(text => int.Parse(text ?? "0", CultureInfo.InvariantCulture))];

    public async Task<bool> AreOrderedAsync(int attempt) => (await OrdersAsync()).All(o => o?.Attempt == attempt);

    public Task OrderedAsync(int attempt) =>
        Eventually.HoldsAsync(() => AreOrderedAsync(attempt), $"every pod is ordered to begin attempt {attempt}", Cancel);

    private async Task<string?[]> AnnotationsAsync(string annotation) =>
        await Task.WhenAll(
            Pods.Select(
                async pod => (string?)(await _ns.Api.FindAsync(_ns.Path("pods", pod.Name()),
                    Cancel))?["metadata"]!["annotations"]?[annotation]));

    public void Dispose() => _workers.ForEach(w => w.Dispose());
}
