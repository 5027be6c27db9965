using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>One kind that is both cached and written: its client, its store, and what keeps the store up to date.</summary>
internal sealed class WatchedKind<T> : IWatchedKind
    where T : class, IMetadata<V1ObjectMeta>
{
    private readonly Reflector<T>[] _reflectors;

    /// <param name="connection">Server.</param>
    /// <param name="type">The kind.</param>
    /// <param name="scopes">What is watched: everything, or one scope for each namespace.</param>
    /// <param name="jobOf">Job that an object belongs to.</param>
    /// <param name="time">Clock.</param>
    /// <param name="metrics">Metrics.</param>
    /// <param name="log">Log.</param>
    public WatchedKind(ApiConnection connection, ResourceType<T> type, IReadOnlyList<WatchScope> scopes, Func<T, NamespacedName?> jobOf,
        TimeProvider time, RuntimeMetrics metrics, ILogger log)
    {
        Client = new ResourceClient<T>(connection, type);
        Writer = new ResourceClient<WrittenObject>(connection, type.ToWrite);
        Store = new Store<T>(jobOf);
        _reflectors = [.. scopes.Select(scope => new Reflector<T>(Client, Store, scope, time, metrics, log))];
        foreach (var reflector in _reflectors)
        {
            reflector.Changed += item =>
            {
                if (jobOf(item) is { } job)
                {
                    Changed?.Invoke(job);
                }
            };
        }
    }

    public event Action<NamespacedName>? Changed;

    public ResourceClient<T> Client { get; }

    /// <summary>For writes whose result the watch will bring.</summary>
    public ResourceClient<WrittenObject> Writer { get; }

    public Store<T> Store { get; }

    public string Kind => Client.Type.Kind;

    public Task Synced => Task.WhenAll(_reflectors.Select(reflector => reflector.Synced));

    public bool HasSeen(string ns, string? version) =>
        _reflectors.First(reflector => reflector.Namespace is null || reflector.Namespace == ns).HasSeen(version);

    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(_reflectors.Select(reflector => reflector.RunAsync(cancel)));

    public async Task<string> CreateAsync(string ns, JsonObject manifest, string fieldManager, CancellationToken cancel) =>
        Version(await Writer.CreateAsync(ns, manifest, fieldManager, cancel));

    public async Task<string> ApplyAsync(string ns, string name, JsonObject manifest, string fieldManager, CancellationToken cancel) =>
        Version(await Writer.ApplyAsync(ns, name, manifest, fieldManager, cancel));

    public async Task<IMetadata<V1ObjectMeta>?> ReadAsync(string ns, string name, CancellationToken cancel) =>
        await Client.FindAsync(ns, name, cancel);

    private static string Version(WrittenObject item) => item.Metadata.ResourceVersion ?? "";
}
