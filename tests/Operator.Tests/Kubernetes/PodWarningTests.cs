using System.Text.Json;
using MhcOperator.Operator.Kubernetes;

namespace MhcOperator.Operator.Tests.Kubernetes;

public sealed class PodWarningTests
{
    [Theory]
    [InlineData("\"lastTimestamp\": \"2026-01-02T03:04:05Z\"")]
    [InlineData("\"lastTimestamp\": null, \"eventTime\": \"2026-01-02T03:04:05.000000Z\"")]
    [InlineData(
        "\"lastTimestamp\": null, \"eventTime\": \"2020-01-01T00:00:00.000000Z\", \"series\": {\"count\": 3, \"lastObservedTime\": \"2026-01-02T03:04:05.000000Z\"}")]
    public void Recorders_of_either_kind_say_when_it_last_happened(string times) =>
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), Read("FailedMount", "not found", times).At);

    [Fact]
    public void The_newest_counts_and_the_one_before_it_where_that_says_something_else()
    {
        var old = Read("Old", "long over", "\"lastTimestamp\": \"2026-01-02T03:00:00Z\"");
        var named = Read("FailedMount", "configmap corpus not found", "\"lastTimestamp\": \"2026-01-02T03:04:00Z\"");
        var waited = Read("FailedMount", "timed out waiting for the condition", "\"lastTimestamp\": \"2026-01-02T03:05:00Z\"");
        Assert.Equal("configmap corpus not found; timed out waiting for the condition", PodWarning.Newest([old, waited, named])!.Message);
        Assert.Equal(named.Event, PodWarning.Newest([named, named]));
        Assert.Null(PodWarning.Newest([]));
    }

    private static PodWarning Read(string reason, string message, string times)
    {
        using var json = JsonDocument.Parse(
            $$"""{"metadata": {"name": "a"}, "reason": "{{reason}}", "message": "{{message}}", {{times}}}""");
        return PodWarning.Read(json.RootElement);
    }
}
