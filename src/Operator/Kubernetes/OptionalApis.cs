using System.Text.Json;
using System.Threading.Channels;
using k8s;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>
/// APIs that a job may ask for and that not every cluster has. The server is asked when the first job needs one, and pod groups are watched
/// from then on; a cluster whose jobs ask for none pays nothing. What is missing is looked for again only when a job still asks, and not
/// before <see cref="LookAgain"/> has passed.
/// </summary>
/// <param name="connection">Server.</param>
/// <param name="watch">Makes the watch of a kind.</param>
/// <param name="scopes">What is listed before it is watched.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Log.</param>
internal sealed class OptionalApis(ApiConnection connection, Func<ResourceType<PodGroup>, WatchedKind<PodGroup>> watch,
    IReadOnlyList<WatchScope> scopes, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private readonly ApiDiscovery _discovery = new(connection);
    private readonly Channel<ApiFeature> _questions = Channel.CreateUnbounded<ApiFeature>();
    private readonly Lock _gate = new();
    private readonly Dictionary<ApiFeature, (ApiSupport Support, DateTimeOffset? AnsweredAt)> _answers = [];
    private readonly List<WatchedKind<PodGroup>> _kinds = [];

    /// <summary>Raised when an answer is there that differs from the one before.</summary>
    public event Action? Changed;

    /// <summary>Every watched kind of pod group.</summary>
    public IReadOnlyList<WatchedKind<PodGroup>> Kinds
    {
        get
        {
            lock (_gate)
            {
                return [.. _kinds];
            }
        }
    }

    /// <summary>The last answer; asks where there is none, or where it has become old.</summary>
    public ApiSupport Find(ApiFeature feature)
    {
        lock (_gate)
        {
            var known = _answers.TryGetValue(feature, out var last);
            if (known && (last.Support.IsThere || last.AnsweredAt is null || last.AnsweredAt + LookAgain > time.GetUtcNow()))
            {
                return last.Support;
            }

            var support = known ? last.Support : ApiSupport.Unknown;
            _answers[feature] = (support, AnsweredAt: null); // asked, and not to be asked again meanwhile
            _questions.Writer.TryWrite(feature);
            return support;
        }
    }

    /// <summary>The watched kind of a manifest; null where it is of none.</summary>
    public WatchedKind<PodGroup>? KindOf(string? apiVersion, string? kind) =>
        Kinds.FirstOrDefault(k => k.Kind == kind && $"{k.Client.Type.Group}/{k.Client.Type.Version}" == apiVersion);

    /// <summary>Answers questions and keeps the watches up to date until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var watches = new List<Task>();
        try
        {
            await foreach (var feature in _questions.Reader.ReadAllAsync(cancel))
            {
                await AnswerAsync(feature, watches, cancel);
            }
        }
        finally
        {
            await Task.WhenAll(watches).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AnswerAsync(ApiFeature feature, List<Task> watches, CancellationToken cancel)
    {
        ApiSupport? found = null;
        try
        {
            found = await _discovery.FindAsync(feature, cancel);
            if (found.IsThere && feature != ApiFeature.ResourceClaims)
            {
                await WatchAsync(found, watches, cancel);
            }
        }
        catch (ApiException e) when (found is not null)
        {
            found = ApiSupport.Without($"the operator may not use {found.Kind} of {found.ApiVersion}: {e.Message}");
        }
        catch (Exception e) when (e is ApiException or HttpRequestException or IOException or TimeoutException or JsonException)
        {
            log.LogWarning("{Feature}: the server does not say whether it has it, asking again later: {Reason}", feature, e.Message);
            found = null;
        }

        ApiSupport before;
        lock (_gate)
        {
            before = _answers[feature].Support;
            _answers[feature] = (found ?? before, time.GetUtcNow());
        }

        if (found is not null && found != before)
        {
            log.LogInformation("{Feature}: {Answer}", feature, found.Missing ?? $"{found.Kind} of {found.ApiVersion}");
            Changed?.Invoke();
        }
    }

    /// <summary>Returns when the store is complete: only then can it be told whether a gang has its group.</summary>
    private async Task WatchAsync(ApiSupport api, List<Task> watches, CancellationToken cancel)
    {
        var slash = api.ApiVersion!.IndexOf('/', StringComparison.Ordinal);
        var type = new ResourceType<PodGroup>(api.ApiVersion[..slash], api.ApiVersion[(slash + 1)..], api.Kind!,
            api.Kind!.ToLowerInvariant() + "s", json => Read(json, api));
        var kind = watch(type);
        foreach (var scope in scopes)
        {
            await kind.Client.ListAsync(scope.Namespace, scope.Selector, null, cancel); // says at once where it is forbidden
        }

        watches.Add(kind.RunAsync(cancel));
        await kind.Synced.WaitAsync(cancel);
        lock (_gate)
        {
            _kinds.Add(kind);
        }
    }

    private static PodGroup Read(JsonElement json, ApiSupport api)
    {
        var metadata = json.GetProperty("metadata").Deserialize(SourceGenerationContext.Default.V1ObjectMeta)!;
        metadata.ManagedFields = null;
        return new PodGroup(api.ApiVersion!, api.Kind!) { Metadata = metadata };
    }
}
