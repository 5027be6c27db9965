using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>One kind that is both cached and written: its client, its store, and what keeps the store up to date.</summary>
internal sealed class WatchedKind<T> : IWatchedKind
    where T : class, IMetadata<V1ObjectMeta>
{
    private readonly Reflector<T> reflector;

    /// <param name="connection">Server.</param>
    /// <param name="type">The kind.</param>
    /// <param name="scope">What is watched.</param>
    /// <param name="jobOf">Job that an object belongs to.</param>
    /// <param name="time">Clock.</param>
    /// <param name="metrics">Metrics.</param>
    /// <param name="log">Log.</param>
    public WatchedKind(ApiConnection connection, ResourceType<T> type, WatchScope scope, Func<T, ObjectKey?> jobOf, TimeProvider time, RuntimeMetrics metrics, ILogger log)
    {
        Client = new ResourceClient<T>(connection, type);
        Writer = new ResourceClient<WrittenObject>(connection, type.ToWrite);
        Store = new Store<T>(jobOf);
        reflector = new Reflector<T>(Client, Store, scope, time, metrics, log);
        reflector.Changed += item =>
        {
            if (jobOf(item) is { } job)
            {
                Changed?.Invoke(job);
            }
        };
    }

    public event Action<ObjectKey>? Changed;

    public ResourceClient<T> Client { get; }

    /// <summary>For writes whose result the watch will bring.</summary>
    public ResourceClient<WrittenObject> Writer { get; }

    public Store<T> Store { get; }

    public string Kind => Client.Type.Kind;

    public Task Synced => reflector.Synced;

    public bool HasSeen(string? version) => reflector.HasSeen(version);

    public Task RunAsync(CancellationToken cancel) => reflector.RunAsync(cancel);

    public async Task<string> CreateAsync(string ns, JsonObject manifest, string fieldManager, CancellationToken cancel) =>
        Version(await Writer.CreateAsync(ns, manifest, fieldManager, cancel));

    public async Task<string> ApplyAsync(string ns, string name, JsonObject manifest, string fieldManager, CancellationToken cancel) =>
        Version(await Writer.ApplyAsync(ns, name, manifest, fieldManager, cancel));

    public async Task<IMetadata<V1ObjectMeta>?> ReadAsync(string ns, string name, CancellationToken cancel) => await Client.FindAsync(ns, name, cancel);

    private static string Version(WrittenObject item) => item.Metadata.ResourceVersion ?? "";
}
