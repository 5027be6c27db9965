using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s.Models;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Webhooks.Certificates;

/// <summary>
/// Certificates of the operator's own making, in a Secret that all replicas share, and their authorities in the webhook configurations. Any replica
/// may do what is due, by compare-and-swap: the others see it. Nothing is written where nothing differs. The Secret belongs to the Service of its
/// name, where there is one, and is deleted with it.
/// </summary>
internal sealed class CertificateKeeper : ICertificateSource
{
    private const string FieldManager = "mhc-operator-webhook";
    private const string ManagedBy = "app.kubernetes.io/managed-by";
    private const string Us = "mhc-operator";
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);

    /// <summary>The Service is not watched: it comes and goes with an installation.</summary>
    private static readonly TimeSpan ServiceInterval = TimeSpan.FromMinutes(1);

    private readonly ObjectKey key;
    private readonly TimeProvider time;
    private readonly CertificateMetrics metrics;
    private readonly ILogger log;
    private readonly WatchedKind<V1Secret> secrets;
    private readonly IReadOnlyList<WatchedKind<WebhookConfiguration>> configurations;
    private readonly ResourceClient<V1Service> services;
    private readonly Backoff backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(15), Random.Shared);
    private readonly Channel<bool> changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private CertificateSet? latest;
    private bool hadOwner;
    private volatile ServedCertificate? current;
    private volatile string? waitingFor;

    /// <param name="connection">Server, without a fence: a replica that does not lead answers too.</param>
    /// <param name="key">Namespace and name of the Secret. The Service and the configurations have the same name.</param>
    /// <param name="injects">Whether there are webhooks, whose configurations get the authorities.</param>
    /// <param name="time">Clock.</param>
    /// <param name="requests">Counts requests.</param>
    /// <param name="metrics">Shows when the certificate expires.</param>
    /// <param name="log">Log.</param>
    public CertificateKeeper(
        ApiConnection connection, ObjectKey key, bool injects, TimeProvider time, RuntimeMetrics requests, CertificateMetrics metrics, ILogger log)
    {
        this.key = key;
        this.time = time;
        this.metrics = metrics;
        this.log = log;
        waitingFor = $"Secret {key}";
        var named = $"fieldSelector=metadata.name%3D{key.Name}";
        secrets = new WatchedKind<V1Secret>(connection, ResourceTypes.Secrets, [new WatchScope(key.Namespace, named)], _ => key, time, requests, log);
        services = new ResourceClient<V1Service>(connection, ResourceTypes.Services);
        configurations = injects
            ? [.. new[] { WebhookConfiguration.Validating, WebhookConfiguration.Mutating }
                .Select(type => new WatchedKind<WebhookConfiguration>(connection, type, [new WatchScope(null, named)], _ => key, time, requests, log))]
            : [];
        secrets.Changed += Wake;
        foreach (var kind in configurations)
        {
            kind.Changed += Wake;
        }
    }

    public ServedCertificate? Current => current;

    public string? WaitingFor => waitingFor;

    /// <summary>Names of the Service as API servers and people may spell them, and this machine's, for configurations with <c>url</c>.</summary>
    private string[] Names => [$"{key.Name}.{key.Namespace}.svc", $"{key.Name}.{key.Namespace}", key.Name, $"{key.Name}.{key.Namespace}.svc.cluster.local", "localhost", "127.0.0.1", "::1"];

    public async Task RunAsync(CancellationToken cancel)
    {
        var watching = Task.WhenAll([secrets.RunAsync(cancel), .. configurations.Select(kind => kind.RunAsync(cancel))]);
        var synced = Task.WhenAll(configurations.Select(kind => kind.Synced)).ContinueWith(_ => Wake(key), cancel, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await secrets.Synced.WaitAsync(cancel);
            while (true)
            {
                await PauseAsync(await TryStepAsync(cancel), cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await Task.WhenAll(watching, synced).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>How long nothing is to be done unless something changes.</returns>
    private async Task<TimeSpan> TryStepAsync(CancellationToken cancel)
    {
        try
        {
            var pause = await StepAsync(cancel);
            backoff.Reset();
            return pause;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested) // whatever it is, a certificate that nobody renews is worse
        {
            var isExpected = e is ClusterException or HttpRequestException or IOException or TimeoutException or JsonException;
            waitingFor = $"its certificate: {e.Message}";
            log.LogInformation(isExpected ? null : e, "certificate: trying again: {Reason}", e.Message); // as a rule, another replica was faster
            return backoff.Next();
        }
    }

    private async Task<TimeSpan> StepAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var secret = secrets.Store.Find(key);
        if (secret is not null && !(secret.Metadata.Labels?.TryGetValue(ManagedBy, out var owner) == true && owner == Us))
        {
            WaitForOwnSecret();
            return LongestPause;
        }

        var isOwned = secret?.Metadata.OwnerReferences?.Any(owner => owner.Kind == "Service" && owner.Name == key.Name) == true;
        hadOwner |= isOwned;
        var service = isOwned ? null : await FindServiceAsync(cancel);
        if (secret is null && service is null && hadOwner && latest is not null)
        {
            // It went with its Service, which is how an installation is taken away: one that is made now would be left behind.
            waitingFor = $"Service {key}, with which the Secret of its name went";
            return ServiceInterval;
        }

        var set = CertificateSet.Read(secret?.Data);
        if (set?.IsDue(Names[0], now) != false)
        {
            set = CertificateSet.Issue(Names, now, set ?? latest);
            secrets.Store.Set(await WriteAsync(secret, set, service, cancel));
            log.LogInformation("made a new certificate, in Secret {Secret}", key);
        }
        else if (service is not null)
        {
            await AdoptAsync(secret!, service, cancel);
        }

        latest = set;
        current = set.Serving(now);
        metrics.Serves(current.ExpiresAt);
        var found = await InjectAsync(set, now, cancel);
        var isComplete = configurations.All(kind => kind.Synced.IsCompletedSuccessfully);
        if (isComplete && waitingFor is not null && found == 0 && configurations.Count > 0)
        {
            log.LogInformation("there is no webhook configuration {Name}: nobody asks the webhooks", key.Name);
        }

        waitingFor = isComplete ? null : $"the webhook configurations {key.Name}";
        var pause = set.NextChange(now) - time.GetUtcNow(); // the requests have taken their time
        var longest = isOwned || service is not null ? LongestPause : ServiceInterval;
        return pause <= TimeSpan.Zero ? TimeSpan.Zero : pause < longest ? pause : longest;
    }

    private void WaitForOwnSecret()
    {
        var wait = $"Secret {key}, which is not the operator's ({ManagedBy}: {Us}): remove it, or choose another --webhook-name";
        if (waitingFor != wait)
        {
            waitingFor = wait;
            log.LogWarning("there is no certificate without {Wait}", wait);
        }
    }

    /// <summary>The Service of the webhooks; null: there is none, or nobody may say so.</summary>
    private async Task<V1Service?> FindServiceAsync(CancellationToken cancel)
    {
        try
        {
            return await services.FindAsync(key.Namespace, key.Name, cancel) is { Metadata.DeletionTimestamp: null } service ? service : null;
        }
        catch (ClusterException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            log.LogDebug("Secret {Secret} gets no owner: {Reason}", key, e.Message);
            return null;
        }
    }

    /// <summary>Whoever may not delete a Secret may not give it an owner where OwnerReferencesPermissionEnforcement is on: it then stays without.</summary>
    private async Task AdoptAsync(V1Secret stored, V1Service service, CancellationToken cancel)
    {
        try
        {
            var patch = new JsonObject { ["metadata"] = Owned(stored, service) };
            secrets.Store.Set(await secrets.Client.PatchAsync(key.Namespace, key.Name, null, patch, FieldManager, cancel));
            log.LogInformation("Secret {Secret} goes with the Service of its name from now on", key);
        }
        catch (ClusterException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            log.LogDebug("Secret {Secret} gets no owner: {Reason}", key, e.Message);
        }
    }

    private static JsonObject Owned(V1Secret stored, V1Service? service)
    {
        var metadata = new JsonObject { ["resourceVersion"] = stored.Metadata.ResourceVersion };
        if (service is not null)
        {
            metadata["ownerReferences"] = Owners(service, stored.Metadata.OwnerReferences ?? []);
        }

        return metadata;
    }

    /// <remarks>As no controller, and blocking nothing: for that a right on the Service would be needed.</remarks>
    private static JsonArray Owners(V1Service service, params IEnumerable<V1OwnerReference> others) =>
    [
        .. others.Select(other => JsonSerializer.SerializeToNode(other, k8s.SourceGenerationContext.Default.V1OwnerReference)),
        (JsonNode)new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Service", ["name"] = service.Metadata.Name, ["uid"] = service.Metadata.Uid },
    ];

    private Task<V1Secret> WriteAsync(V1Secret? stored, CertificateSet set, V1Service? service, CancellationToken cancel)
    {
        var data = set.ToData();
        if (stored is not null)
        {
            var patch = new JsonObject { ["metadata"] = Owned(stored, service), ["data"] = data };
            return secrets.Client.PatchAsync(key.Namespace, key.Name, null, patch, FieldManager, cancel);
        }

        var made = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["type"] = "kubernetes.io/tls",
            ["metadata"] = new JsonObject { ["name"] = key.Name, ["namespace"] = key.Namespace, ["labels"] = new JsonObject { [ManagedBy] = Us } },
            ["data"] = new JsonObject(data.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))),
        };
        if (service is not null)
        {
            made["metadata"]!["ownerReferences"] = Owners(service);
        }

        return secrets.Client.CreateAsync(key.Namespace, made, FieldManager, cancel);
    }

    /// <returns>How many configurations there are.</returns>
    private async Task<int> InjectAsync(CertificateSet set, DateTimeOffset now, CancellationToken cancel)
    {
        var authorities = set.UnexpiredAuthorities(now);
        var found = 0;
        foreach (var kind in configurations)
        {
            foreach (var configuration in kind.Store.List())
            {
                found++;
                if (configuration.Inject(authorities, set.Authorities) is { } patch)
                {
                    waitingFor = $"the authority in {kind.Kind} {key.Name}";
                    kind.Store.Set(await kind.Client.JsonPatchAsync(null, key.Name, null, patch, FieldManager, cancel));
                    log.LogInformation("wrote the webhooks' authority into {Kind} {Name}", kind.Kind, key.Name);
                }
            }
        }

        return found;
    }

    private async Task PauseAsync(TimeSpan length, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var pause = Task.Delay(length, time, ended.Token);
        await Task.WhenAny(changes.Reader.WaitToReadAsync(ended.Token).AsTask(), pause);
        await ended.CancelAsync();
        cancel.ThrowIfCancellationRequested();
        changes.Reader.TryRead(out _);
    }

    private void Wake(ObjectKey changed) => changes.Writer.TryWrite(true);
}
