using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class RequestRateTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void After_a_burst_requests_go_one_by_one_in_their_order()
    {
        var rate = new RequestRate(perSecond: 10, burst: 3, _time);
        var requests = Wait(rate, 6);
        Assert.Equal(3, Gone(requests));
        for (var more = 1; more <= 3; more++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            Assert.Equal(3 + more, Gone(requests));
            Assert.All(requests[..(3 + more)], request => Assert.True(request.IsCompletedSuccessfully));
        }
    }

    [Fact]
    public void What_is_not_used_is_saved_up_to_the_burst_and_no_further()
    {
        var rate = new RequestRate(perSecond: 10, burst: 3, _time);
        Wait(rate, 3);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(2, Gone(Wait(rate, 2)));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, Gone(Wait(rate, 5)));
    }

    [Fact]
    public async Task Every_request_of_a_connection_waits_for_its_turn_and_the_time_limit_of_an_answer_begins_after_it()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json("{}"));
        var connection = server.Connect(_time, rate: new RequestRate(perSecond: 0.01, burst: 1, _time));
        var request = new ApiRequest("get", "pods", HttpMethod.Get, "api/v1/pods");
        (await connection.SendAsync(request, Cancel)).Dispose();
        var second = connection.SendAsync(request, Cancel);
        var watch = connection.OpenAsync(request, Cancel);
        _time.Advance(TimeSpan.FromSeconds(99));
        Assert.Single(server.Requests);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await second).Dispose();
        Assert.Equal(2, server.Requests.Count);
        _time.Advance(TimeSpan.FromSeconds(100));
        (await watch).Dispose();
        Assert.Equal(3, server.Requests.Count);
    }

    private static List<Task> Wait(RequestRate rate, int requests) =>
        [.. Enumerable.Range(0, requests).Select(_ => rate.WaitAsync(Cancel))];

    private static int Gone(List<Task> requests) => requests.Count(request => request.IsCompletedSuccessfully);
}
