using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using MhcOperator.Operator.Serving;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Serving;

public sealed class ScrapeAccessTests
{
    private const string Reviewed =
        """{"status":{"authenticated":true,"user":{"username":"bot","uid":"u","groups":["g"],"extra":{"a":["b"]}}}}""";

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_server_is_asked_whose_a_token_is_and_then_whether_all_that_it_said_of_him_may_get_the_metrics()
    {
        using var server = new ScriptedServer(
            request => ScriptedServer.Json(IsReview(request) ? Reviewed : """{"status":{"allowed":true}}"""));
        using var access = Access(server);
        Assert.Equal(200, (await access.JudgeAsync("bearer secret", Cancel)).Status);
        Assert.Equal("secret", (string?)JsonNode.Parse(server.Requests[0].Body)!["spec"]!["token"]);
        var spec = JsonNode.Parse(server.Requests[1].Body)!["spec"]!;
        Assert.Equal(
            """{"user":"bot","uid":"u","groups":["g"],"extra":{"a":["b"]},"nonResourceAttributes":{"path":"/metrics","verb":"get"}}""",
            spec.ToJsonString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic c2VjcmV0")]
    [InlineData("secret")]
    public async Task Who_brings_no_token_is_refused_and_nobody_is_asked(string? header)
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json(Reviewed));
        using var access = Access(server);
        Assert.Equal(401, (await access.JudgeAsync(header, Cancel)).Status);
        Assert.Empty(server.Requests);
    }

    /// <summary>What is not said plainly is no.</summary>
    [Theory]
    [InlineData(401, """{"status":{"authenticated":false,"error":"expired"}}""", "{}")]
    [InlineData(401, """{"status":{}}""", "{}")]
    [InlineData(401, """{"status":{"authenticated":true}}""", "{}")]
    [InlineData(401, """{"status":{"authenticated":true,"user":{"username":""}}}""", "{}")]
    [InlineData(403, Reviewed, """{"status":{"allowed":false}}""")]
    [InlineData(403, Reviewed, """{"status":{}}""")]
    [InlineData(403, Reviewed, """{"status":{"allowed":true,"denied":true}}""")]
    [InlineData(503, "{}", "{}")]
    [InlineData(503, "[]", "{}")]
    [InlineData(503, "no JSON", "{}")]
    [InlineData(503, """{"status":{"authenticated":"true"}}""", "{}")]
    [InlineData(503, Reviewed, "{}")]
    [InlineData(503, Reviewed, """{"status":{"allowed":"true"}}""")]
    public async Task Whatever_the_server_says_but_yes_opens_nothing(int status, string review, string answer)
    {
        using var server = new ScriptedServer(request => ScriptedServer.Json(IsReview(request) ? review : answer));
        using var access = Access(server);
        Assert.Equal(status, (await access.JudgeAsync("Bearer secret", Cancel)).Status);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, "broken")]
    [InlineData(HttpStatusCode.Forbidden, "the operator may not ask it: broken")]
    public async Task A_server_in_trouble_or_without_a_right_for_the_operator_gives_503_with_the_reason_and_is_asked_again(
        HttpStatusCode code, string reason)
    {
        var healthy = false;
        using var server = new ScriptedServer(request => !healthy ? ScriptedServer.Refusal(code, "broken")
            : ScriptedServer.Json(IsReview(request) ? Reviewed : """{"status":{"allowed":true}}"""));
        using var access = Access(server);
        Assert.Equal(new ScrapeVerdict(503, $"the API server does not say whether you may have the metrics: {reason}"),
            await access.JudgeAsync("Bearer secret", Cancel));
        healthy = true;
        Assert.Equal(200, (await access.JudgeAsync("Bearer secret", Cancel)).Status);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_not_waited_for_longer_than_the_limit()
    {
        using var server = new ScriptedServer(async (_, cancel) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            throw new InvalidOperationException("nobody ends it");
        });
        using var access = Access(server);
        // most of them wait for a place
        var judging = Enumerable.Range(0, 20).Select(i => access.JudgeAsync($"Bearer {i}", Cancel)).ToList();
        _time.Advance(ScrapeAccess.Limit - TimeSpan.FromTicks(1));
        Assert.DoesNotContain(judging, task => task.IsCompleted);
        Assert.InRange(server.Requests.Count, 1, 8);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.All(await Task.WhenAll(judging), verdict => Assert.Equal(503, verdict.Status));
    }

    [Fact]
    public async Task An_answer_holds_for_a_while_and_no_longer_for_each_token_alone()
    {
        var allowed = true;
        using var server = new ScriptedServer(
            request => ScriptedServer.Json(IsReview(request) ? Reviewed : "{\"status\":{\"allowed\":" + (allowed ? "true" : "false")
                + "}}"));
        using var access = Access(server);
        Assert.Equal(200, (await access.JudgeAsync("Bearer secret", Cancel)).Status);
        allowed = false;
        Assert.Equal(403, (await access.JudgeAsync("Bearer other", Cancel)).Status);
        _time.Advance(ScrapeAccess.Remembered - TimeSpan.FromTicks(1));
        Assert.Equal(200, (await access.JudgeAsync("Bearer secret", Cancel)).Status);
        Assert.Equal(4, server.Requests.Count);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(403, (await access.JudgeAsync("Bearer secret", Cancel)).Status);
    }

    [Fact]
    public async Task A_stranger_with_any_number_of_tokens_fills_no_memory_and_takes_nobodys_place_for_ever()
    {
        using var server = new ScriptedServer(request => ScriptedServer.Json(!IsReview(request) ? """{"status":{"allowed":true}}"""
            : request.Body.Contains("good", StringComparison.Ordinal) ? Reviewed : """{"status":{"authenticated":false}}"""));
        using var access = Access(server);
        for (var i = 0; i < ScrapeAccess.MostRemembered + 100; i++)
        {
            await access.JudgeAsync(string.Create(CultureInfo.InvariantCulture, $"Bearer {i}"), Cancel);
        }

        Assert.Equal(ScrapeAccess.MostRemembered, access.Count);
        Assert.Equal(200, (await access.JudgeAsync("Bearer good", Cancel)).Status);
        _time.Advance(ScrapeAccess.Remembered);
        Assert.Equal(200, (await access.JudgeAsync("Bearer good", Cancel)).Status);
        Assert.Equal(1, access.Count);
    }

    private static bool IsReview(ServerRequest request) => request.Path == "/apis/authentication.k8s.io/v1/tokenreviews";

    private ScrapeAccess Access(ScriptedServer server) => new(server.Connect(_time), _time, NullLogger.Instance);
}
