using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Operator.Runtime;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Serving;

/// <summary>
/// Who may have the metrics: the API server says whose a token is (TokenReview), and whether that one may get /metrics
/// (SubjectAccessReview), as it would of its own metrics. What it says holds for a while. Where it does not say, nobody gets them.
/// </summary>
/// <param name="connection">Server.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Hears of it, once, where the server does not say.</param>
internal sealed class ScrapeAccess(ApiConnection connection, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>How long an answer of the API server holds; so long is a right still there that was withdrawn.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(30);

    /// <summary>Whoever asks waits so long for the API server, for a place in front of it included.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Answers that are kept: a stranger can send any number of tokens.</summary>
    public const int MostRemembered = 1000;

    private const long LongestAnswer = 256 * 1024;

    private readonly SemaphoreSlim _places = new(8); // questions at a time
    // by the token's hash
    private readonly Dictionary<string, (ScrapeVerdict Verdict, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private volatile string? _complaint;

    /// <summary>Answers that are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _known.Count;
            }
        }
    }

    /// <param name="authorization">The header of that name; null: there is none.</param>
    /// <param name="cancel">Whoever asks has gone.</param>
    public async Task<ScrapeVerdict> JudgeAsync(string? authorization, CancellationToken cancel)
    {
        if (!AuthenticationHeaderValue.TryParse(authorization, out var header)
            || !header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) || string.IsNullOrEmpty(header.Parameter))
        {
            return new ScrapeVerdict(StatusCodes.Status401Unauthorized, "expected a bearer token");
        }

        var key = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(header.Parameter)));
        if (Recall(key) is { } before)
        {
            return before;
        }

        using var patience = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            await _places.WaitAsync(either.Token);
            try
            {
                return Recall(key) ?? Remember(key, await AskAsync(header.Parameter, either.Token));
            }
            finally
            {
                _places.Release();
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Unknown("no answer in time");
        }
        catch (Exception e) when (e is ApiException or HttpRequestException or IOException or TimeoutException or JsonException
            or InvalidOperationException)
        {
            return Unknown(e is ApiException { Status: HttpStatusCode.Forbidden } ? $"the operator may not ask it: {e.Message}"
                : e.Message);
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task<ScrapeVerdict> AskAsync(string token, CancellationToken cancel)
    {
        var review = await CreateAsync("authentication.k8s.io", "TokenReview", "tokenreviews", new JsonObject { ["token"] = token },
            cancel);
        if ((bool?)review["authenticated"] != true || review["user"] is not JsonObject user
            || (string?)user["username"] is not { Length: > 0 } name)
        {
            return new ScrapeVerdict(StatusCodes.Status401Unauthorized, "the API server does not know this token");
        }

        var question = new JsonObject
        {
            ["user"] = name,
            ["uid"] = user["uid"]?.DeepClone(),
            ["groups"] = user["groups"]?.DeepClone(),
            ["extra"] = user["extra"]?.DeepClone(),
            ["nonResourceAttributes"] = new JsonObject { ["path"] = "/metrics", ["verb"] = "get" },
        };
        var access = await CreateAsync("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews", question, cancel);
        return (bool?)access["allowed"] == true && (bool?)access["denied"] != true
            ? new ScrapeVerdict(StatusCodes.Status200OK, "")
            : new ScrapeVerdict(StatusCodes.Status403Forbidden, $"{name} has no right to get /metrics (nonResourceURLs of a ClusterRole)");
    }

    /// <summary>Sends a review.</summary>
    /// <returns>Its status.</returns>
    private async Task<JsonObject> CreateAsync(string group, string kind, string plural, JsonObject spec, CancellationToken cancel)
    {
        var body = new JsonObject { ["apiVersion"] = $"{group}/v1", ["kind"] = kind, ["spec"] = spec };
        var request = new ApiRequest("create", plural, HttpMethod.Post, $"apis/{group}/v1/{plural}",
            body.ToJsonString())
        { LongestAnswer = LongestAnswer };
        using var answer = await connection.SendAsync(request, cancel);
        return JsonObject.Create(answer.RootElement.Clone())?["status"] as JsonObject
            ?? throw new JsonException($"a {kind} came back without a status");
    }

    private ScrapeVerdict? Recall(string key)
    {
        lock (_gate)
        {
            return _known.TryGetValue(key, out var entry) && time.GetUtcNow() < entry.Until ? entry.Verdict : null;
        }
    }

    private ScrapeVerdict Remember(string key, ScrapeVerdict verdict)
    {
        _complaint = null;
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_known.Count >= MostRemembered)
            {
                foreach (var old in _known.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key).ToList())
                {
                    _known.Remove(old);
                }
            }

            if (_known.Count < MostRemembered)
            {
                _known[key] = (verdict, now + Remembered);
            }
        }

        return verdict;
    }

    private ScrapeVerdict Unknown(string reason)
    {
        if (_complaint != reason)
        {
            _complaint = reason;
            log.LogWarning("metrics are refused, for the API server does not say who may have them: {Reason}", reason);
        }

        return new ScrapeVerdict(StatusCodes.Status503ServiceUnavailable,
            $"the API server does not say whether you may have the metrics: {reason}");
    }
}

/// <summary>What whoever asks for metrics is told.</summary>
/// <param name="Status">200: they are given; 401, 403: not to this one; 503: it is not known whether to this one.</param>
/// <param name="Reason">Why not, for people.</param>
internal readonly record struct ScrapeVerdict(int Status, string Reason)
{
    public bool IsAllowed => Status == 200;
}
