using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s.Models;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Certificates;

/// <summary>
/// Certificates of the operator's own making, in a Secret that all replicas share, and their authorities in the webhook configurations. Any
/// replica may do what is due, by compare-and-swap: the others see it. Nothing is written where nothing differs. The Secret belongs to the
/// operator's service account, as its lease does, and is deleted with it.
/// </summary>
internal sealed class CertificateKeeper : ICertificateSource
{
    private const string FieldManager = "mhc-operator-webhook";
    private const string ManagedBy = "app.kubernetes.io/managed-by";
    private const string Us = "mhc-operator";
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);

    private readonly NamespacedName _key;
    private readonly OwnAccount? _owner;
    private readonly TimeProvider _time;
    private readonly CertificateMetrics _metrics;
    private readonly ILogger _log;
    private readonly WatchedKind<V1Secret> _secrets;
    private readonly IReadOnlyList<WatchedKind<WebhookConfiguration>> _configurations;
    private readonly RetryDelay _backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(15), Random.Shared);
    private readonly Channel<bool> _changes =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private CertificateSet? _latest;
    private volatile ServedCertificate? _current;
    private volatile string? _waitingFor;

    /// <param name="connection">Server, without a fence: a replica that does not lead answers too.</param>
    /// <param name="key">Namespace and name of the Secret. The Service and the configurations have the same name.</param>
    /// <param name="owner">Gets the Secret; null: nobody.</param>
    /// <param name="injects">Whether there are webhooks, whose configurations get the authorities.</param>
    /// <param name="time">Clock.</param>
    /// <param name="requests">Counts requests.</param>
    /// <param name="metrics">Shows when the certificate expires.</param>
    /// <param name="log">Log.</param>
    public CertificateKeeper(
        ApiConnection connection, NamespacedName key, OwnAccount? owner, bool injects, TimeProvider time, RuntimeMetrics requests,
        CertificateMetrics metrics, ILogger log)
    {
        _key = key;
        _owner = owner;
        _time = time;
        _metrics = metrics;
        _log = log;
        _waitingFor = $"Secret {key}";
        var named = $"fieldSelector=metadata.name%3D{key.Name}";
        _secrets = new WatchedKind<V1Secret>(connection, ResourceTypes.Secrets, [new WatchScope(key.Namespace, named)], _ => key, time,
            requests, log);
        _configurations = injects
            ? [.. new[] { WebhookConfiguration.Validating, WebhookConfiguration.Mutating }
                .Select(
                    type => new WatchedKind<WebhookConfiguration>(connection, type, [new WatchScope(null, named)], _ => key, time,
                        requests, log))]
            : [];
        _secrets.Changed += Wake;
        foreach (var kind in _configurations)
        {
            kind.Changed += Wake;
        }
    }

    public ServedCertificate? Current => _current;

    public string? WaitingFor => _waitingFor;

    /// <summary>
    /// Names of the Service as API servers and people may spell them, and this machine's, for configurations with <c>url</c>.
    /// </summary>
    private string[] Names =>
        [$"{_key.Name}.{_key.Namespace}.svc", $"{_key.Name}.{_key.Namespace}", _key.Name, $"{_key.Name}.{_key.Namespace}.svc.cluster.local",
            "localhost", "127.0.0.1", "::1"];

    public async Task RunAsync(CancellationToken cancel)
    {
        var watching = Task.WhenAll([_secrets.RunAsync(cancel), .. _configurations.Select(kind => kind.RunAsync(cancel))]);
        var synced = Task.WhenAll(_configurations.Select(kind => kind.Synced))
            .ContinueWith(_ => Wake(_key), cancel, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await _secrets.Synced.WaitAsync(cancel);
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
            _backoff.Reset();
            return pause;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested) // whatever it is, a certificate that nobody renews is worse
        {
            var isExpected = e is ApiException or HttpRequestException or IOException or TimeoutException or JsonException;
            _waitingFor = $"its certificate: {e.Message}";
            // as a rule, another replica was faster
            _log.LogInformation(isExpected ? null : e, "certificate: trying again: {Reason}", e.Message);
            return _backoff.Next();
        }
    }

    private async Task<TimeSpan> StepAsync(CancellationToken cancel)
    {
        var now = _time.GetUtcNow();
        var secret = _secrets.Store.Find(_key);
        if (secret is not null && !(secret.Metadata.Labels?.TryGetValue(ManagedBy, out var manager) == true && manager == Us))
        {
            WaitForOwnSecret();
            return LongestPause;
        }

        var set = CertificateSet.Read(secret?.Data);
        if (set?.IsDue(Names[0], now) != false)
        {
            set = CertificateSet.Issue(Names, now, set ?? _latest);
            _secrets.Store.Set(await WriteAsync(secret, set, cancel));
            _log.LogInformation("made a new certificate, in Secret {Secret}", _key);
        }
        else if (LacksOwner(secret!))
        {
            await AdoptAsync(secret!, cancel);
        }

        _latest = set;
        _current = set.Serving(now);
        _metrics.Serves(_current.ExpiresAt);
        var found = await InjectAsync(set, now, cancel);
        var isComplete = _configurations.All(kind => kind.Synced.IsCompletedSuccessfully);
        if (isComplete && _waitingFor is not null && found == 0 && _configurations.Count > 0)
        {
            _log.LogInformation("there is no webhook configuration {Name}: nobody asks the webhooks", _key.Name);
        }

        _waitingFor = isComplete ? null : $"the webhook configurations {_key.Name}";
        var pause = set.NextChange(now) - _time.GetUtcNow(); // the requests have taken their time
        return pause <= TimeSpan.Zero ? TimeSpan.Zero : pause < LongestPause ? pause : LongestPause;
    }

    private void WaitForOwnSecret()
    {
        var wait = $"Secret {_key}, which is not the operator's ({ManagedBy}: {Us}): remove it, or choose another --webhook-name";
        if (_waitingFor != wait)
        {
            _waitingFor = wait;
            _log.LogWarning("there is no certificate without {Wait}", wait);
        }
    }

    private bool LacksOwner(V1Secret stored) =>
        _owner is not null && stored.Metadata.OwnerReferences?.Any(other => other.Uid == _owner.Uid) != true;

    /// <summary>
    /// Whoever may not delete a Secret may not give it an owner where OwnerReferencesPermissionEnforcement is on: it then stays without.
    /// </summary>
    private async Task AdoptAsync(V1Secret stored, CancellationToken cancel)
    {
        try
        {
            var patch = new JsonObject { ["metadata"] = Owned(stored) };
            _secrets.Store.Set(await _secrets.Client.PatchAsync(_key.Namespace, _key.Name, null, patch, FieldManager, cancel));
            _log.LogInformation("Secret {Secret} goes with service account {Account} from now on", _key, _owner!.Name);
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            _log.LogDebug("Secret {Secret} gets no owner: {Reason}", _key, e.Message);
        }
    }

    /// <remarks>Other owners stay: one that is gone already does not keep the Secret.</remarks>
    private JsonObject Owned(V1Secret stored)
    {
        var metadata = new JsonObject { ["resourceVersion"] = stored.Metadata.ResourceVersion };
        if (LacksOwner(stored))
        {
            var others = (stored.Metadata.OwnerReferences
                ?? []).Select(other => JsonSerializer.SerializeToNode(other, k8s.SourceGenerationContext.Default.V1OwnerReference));
            metadata["ownerReferences"] = new JsonArray([.. others, _owner!.Reference]);
        }

        return metadata;
    }

    private Task<V1Secret> WriteAsync(V1Secret? stored, CertificateSet set, CancellationToken cancel)
    {
        var data = set.ToData();
        if (stored is not null)
        {
            var patch = new JsonObject { ["metadata"] = Owned(stored), ["data"] = data };
            return _secrets.Client.PatchAsync(_key.Namespace, _key.Name, null, patch, FieldManager, cancel);
        }

        var made = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["type"] = "kubernetes.io/tls",
            ["metadata"] = new JsonObject
            {
                ["name"] = _key.Name,
                ["namespace"] = _key.Namespace,
                ["labels"] = new JsonObject { [ManagedBy] = Us }
            },
            ["data"] = new JsonObject(data.Where(field => field.Value is not null)
                .Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))),
        };
        if (_owner is not null)
        {
            made["metadata"]!["ownerReferences"] = new JsonArray(_owner.Reference);
        }

        return _secrets.Client.CreateAsync(_key.Namespace, made, FieldManager, cancel);
    }

    /// <returns>How many configurations there are.</returns>
    private async Task<int> InjectAsync(CertificateSet set, DateTimeOffset now, CancellationToken cancel)
    {
        var authorities = set.UnexpiredAuthorities(now);
        var found = 0;
        foreach (var kind in _configurations)
        {
            foreach (var configuration in kind.Store.List())
            {
                found++;
                if (configuration.Inject(authorities, set.Authorities) is { } patch)
                {
                    _waitingFor = $"the authority in {kind.Kind} {_key.Name}";
                    kind.Store.Set(await kind.Client.JsonPatchAsync(null, _key.Name, null, patch, FieldManager, cancel));
                    _log.LogInformation("wrote the webhooks' authority into {Kind} {Name}", kind.Kind, _key.Name);
                }
            }
        }

        return found;
    }

    private async Task PauseAsync(TimeSpan length, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var pause = Task.Delay(length, _time, ended.Token);
        await Task.WhenAny(_changes.Reader.WaitToReadAsync(ended.Token).AsTask(), pause);
        await ended.CancelAsync();
        cancel.ThrowIfCancellationRequested();
        _changes.Reader.TryRead(out _);
    }

    private void Wake(NamespacedName changed) => _changes.Writer.TryWrite(true);
}
