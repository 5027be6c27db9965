using System.Net;
using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class EventRecorderTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly V1ObjectReference _job =
        new() { ApiVersion = "training.mhc.dev/v1alpha1", Kind = "MhcTrainingJob", Name = "j", NamespaceProperty = "ns", Uid = "u" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_thing_said_again_counts_up_one_event()
    {
        using var server = new ScriptedServer(Accept);
        var recorder = Recorder(server);
        for (var i = 0; i < 3; i++)
        {
            await recorder.RecordAsync(_job, true, "Restarting", "pod j-1-0 failed", Cancel);
        }

        Assert.Equal(["POST", "PATCH", "PATCH"], server.Requests.Select(request => request.Method));
        var made = JsonNode.Parse(server.Requests[0].Body)!;
        Assert.Equal(("Warning", "u", "host-1"),
            ((string?)made["type"], (string?)made["involvedObject"]!["uid"], (string?)made["reportingInstance"]));
        Assert.EndsWith("/" + (string?)made["metadata"]!["name"], server.Requests[2].Path, StringComparison.Ordinal);
        Assert.Equal(3, (int?)JsonNode.Parse(server.Requests[2].Body)!["count"]);
    }

    [Fact]
    public async Task After_ten_minutes_the_same_thing_is_a_new_event()
    {
        using var server = new ScriptedServer(Accept);
        var recorder = Recorder(server);
        await recorder.RecordAsync(_job, false, "Created", "gang made", Cancel);
        _time.Advance(TimeSpan.FromMinutes(11));
        await recorder.RecordAsync(_job, false, "Created", "gang made", Cancel);
        Assert.Equal(["POST", "POST"], server.Requests.Select(request => request.Method));
    }

    [Fact]
    public async Task Many_different_messages_of_one_reason_become_one_event()
    {
        using var server = new ScriptedServer(Accept);
        var recorder = Recorder(server);
        for (var i = 0; i < 30; i++)
        {
            await recorder.RecordAsync(_job, true, "FailedCreate", $"try {i}", Cancel);
        }

        Assert.Equal(11, server.Requests.Count(request => request.Method == "POST"));
        var last = JsonNode.Parse(server.Requests[^1].Body)!;
        Assert.Equal((20, "(combined from similar events): try 29"), ((int?)last["count"], (string?)last["message"]));
    }

    [Fact]
    public async Task An_event_that_was_refused_is_said_to_be_and_is_made_anew_the_next_time()
    {
        var refuse = true;
        using var server = new ScriptedServer(request => refuse ? ScriptedServer.Refusal(HttpStatusCode.Forbidden, "no") : Accept(request));
        var recorder = Recorder(server);
        await Assert.ThrowsAsync<ApiException>(() => recorder.RecordAsync(_job, false, "Created", "gang made", Cancel));
        refuse = false;
        await recorder.RecordAsync(_job, false, "Created", "gang made", Cancel);
        Assert.Equal(["POST", "POST"], server.Requests.Select(request => request.Method));
    }

    [Fact]
    public async Task A_message_is_cut_to_what_the_server_takes()
    {
        using var server = new ScriptedServer(Accept);
        await Recorder(server).RecordAsync(_job, false, "Created", new string('x', 5000), Cancel);
        Assert.Equal(1024, ((string?)JsonNode.Parse(server.Requests[0].Body)!["message"])!.Length);
    }

    private EventRecorder Recorder(ScriptedServer server) =>
        new(new ResourceClient<WrittenObject>(server.Connect(_time), ResourceTypes.Events), "mhc-operator", "host-1", _time);

    private static HttpResponseMessage Accept(ServerRequest request) =>
        ScriptedServer.Json("""{"metadata":{"name":"e","resourceVersion":"1"},"involvedObject":{}}""");
}
