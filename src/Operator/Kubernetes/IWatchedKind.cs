using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>A watched kind where its type does not matter.</summary>
internal interface IWatchedKind
{
    /// <summary>Raised with the job that a changed object belongs to.</summary>
    event Action<NamespacedName>? Changed;

    /// <summary>Kind, as manifests spell it.</summary>
    string Kind { get; }

    /// <summary>Done when the store was complete for the first time.</summary>
    Task Synced { get; }

    /// <summary>Whether the store shows every change in a namespace up to a resource version.</summary>
    bool HasSeen(string ns, string? version);

    /// <summary>Keeps the store up to date until cancelled.</summary>
    Task RunAsync(CancellationToken cancel);

    /// <summary>Creates an object and returns its resource version.</summary>
    Task<string> CreateAsync(string ns, JsonObject manifest, string fieldManager, CancellationToken cancel);

    /// <summary>Applies an object and returns its resource version.</summary>
    Task<string> ApplyAsync(string ns, string name, JsonObject manifest, string fieldManager, CancellationToken cancel);

    /// <summary>Reads an object from the server; null where there is none.</summary>
    Task<IMetadata<V1ObjectMeta>?> ReadAsync(string ns, string name, CancellationToken cancel);
}
