using System.Net;
using System.Net.Http.Headers;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class ApiConnectionTests
{
    private static readonly ApiRequest Read = new("get", "pods", HttpMethod.Get, "api/v1/pods");
    private static readonly ApiRequest Write = new("create", "pods", HttpMethod.Post, "api/v1/pods", "{}");
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refusal_carries_the_servers_own_words()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Refusal(HttpStatusCode.Forbidden, "you may not"));
        var refusal = await Assert.ThrowsAsync<ApiException>(() => server.Connect(_time).SendAsync(Read, Cancel));
        Assert.Equal((HttpStatusCode.Forbidden, "you may not"), (refusal.Status, refusal.Message));
    }

    [Fact]
    public async Task A_refusal_in_plain_text_names_the_request()
    {
        using var server = new ScriptedServer(
            _ => new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent("404 page not found\n") });
        var refusal = await Assert.ThrowsAsync<ApiException>(() => server.Connect(_time).SendAsync(Read, Cancel));
        Assert.Equal("GET api/v1/pods: 404 404 page not found", refusal.Message);
    }

    [Fact]
    public async Task A_throttled_request_is_sent_again_after_the_time_that_the_server_asks_for()
    {
        var answers = 0;
        using var server = new ScriptedServer(_ =>
        {
            if (answers++ > 0)
            {
                return ScriptedServer.Json("{}");
            }

            var busy = ScriptedServer.Refusal(HttpStatusCode.TooManyRequests, "busy");
            busy.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(2));
            return busy;
        });
        var sending = server.Connect(_time).SendAsync(Write, Cancel);
        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(sending.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        using var answer = await sending;
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_request_without_an_answer_ends_after_thirty_seconds()
    {
        using var server = new ScriptedServer(async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return ScriptedServer.Json("{}");
        });
        var sending = server.Connect(_time).SendAsync(Read, Cancel);
        _time.Advance(TimeSpan.FromSeconds(31));
        var e = await Assert.ThrowsAsync<TimeoutException>(() => sending);
        Assert.Contains("no answer", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_does_not_open_in_time_is_an_error_of_the_network_and_no_cancellation()
    {
        using var server = new ScriptedServer(_ => throw new TaskCanceledException("connect", new TimeoutException()));
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => server.Connect(_time).SendAsync(Read, Cancel));
        Assert.Contains(ScriptedServer.Address.Host, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_write_goes_out_after_the_lease_may_have_expired_but_reads_do()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json("{}"));
        var fence = new WriteFence(_time);
        var connection = server.Connect(_time, fence);
        await Assert.ThrowsAsync<LeaseExpiredException>(() => connection.SendAsync(Write, Cancel));
        fence.Open(_time.GetTimestamp(), TimeSpan.FromSeconds(10));
        (await connection.SendAsync(Write, Cancel)).Dispose();
        _time.Advance(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<LeaseExpiredException>(() => connection.SendAsync(Write, Cancel));
        (await connection.SendAsync(Read, Cancel)).Dispose();
        Assert.Equal(["POST", "GET"], server.Requests.Select(request => request.Method));
    }

    [Fact]
    public async Task A_write_on_its_way_is_cut_when_the_lease_runs_out()
    {
        using var server = new ScriptedServer(async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return ScriptedServer.Json("{}");
        });
        var fence = new WriteFence(_time);
        fence.Open(_time.GetTimestamp(), TimeSpan.FromSeconds(10));
        var sending = server.Connect(_time, fence).SendAsync(Write, Cancel);
        _time.Advance(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<LeaseExpiredException>(() => sending);
    }

    [Fact]
    public async Task A_throttled_write_is_not_sent_again_under_a_lease_that_ran_out_meanwhile()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Refusal(HttpStatusCode.TooManyRequests, "busy"));
        var fence = new WriteFence(_time);
        fence.Open(_time.GetTimestamp(), TimeSpan.FromSeconds(10));
        var sending = server.Connect(_time, fence).SendAsync(Write, Cancel);
        fence.Close();
        _time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<LeaseExpiredException>(() => sending);
        Assert.Single(server.Requests);
    }
}
