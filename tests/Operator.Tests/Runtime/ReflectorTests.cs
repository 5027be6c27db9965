using System.Collections.Concurrent;
using System.Net;
using System.Text;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace MhcOperator.Operator.Tests.Runtime;

/// <summary>
/// The server answers lists with what the test has put into it, and each watch with the next of the test's scripts; a watch without one
/// stays open.
/// </summary>
public sealed class ReflectorTests : IDisposable
{
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(11);
    private readonly PauseWatchingTime _time = new();
    private readonly ConcurrentQueue<Func<HttpResponseMessage>> _watches = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _changes = new();
    private readonly ScriptedServer _server;
    private readonly Store<JobManifest> _store = new(job => NamespacedName.Of(job));
    private volatile string _list = List(10);
    private volatile int _hanging; // watches that wait for an answer

    public ReflectorTests()
    {
        _server = new ScriptedServer(AnswerAsync);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Lists_and_then_follows_the_watch_from_the_lists_version()
    {
        _list = List(10, Job("a", 5));
        _watches.Enqueue(() => Stream(Line("ADDED", Job("b", 11)), Line("MODIFIED", Job("a", 12)), Line("DELETED", Job("b", 13))));
        await RunAsync(() => _changes.Count == 4);
        Assert.Equal(["a@5", "b@11", "a@12", "b@13"], _changes);
        Assert.Equal(["a"], _store.List().Select(job => job.Metadata.Name));
        Assert.Contains("resourceVersion=10&", _server.Requests.First(request => request.IsWatch).Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_watch_goes_on_from_the_last_version_without_a_new_list()
    {
        _watches.Enqueue(() => Stream(Line("BOOKMARK", Job("", 40))));
        _watches.Enqueue(() => throw new HttpRequestException("reset"));
        _watches.Enqueue(() => Stream(Line("ADDED", Job("late", 41))));
        await RunAsync(() => !_changes.IsEmpty);
        Assert.Equal(["late@41"], _changes);
        Assert.Single(_server.Requests, request => !request.IsWatch);
        Assert.Equal(2, _server.Requests.Count(request => request.Query.Contains("resourceVersion=40&", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_version_too_old_leads_to_a_new_list_and_a_deletion_missed_meanwhile_is_noticed(bool insideTheStream)
    {
        _list = List(10, Job("stays", 3), Job("goes", 4));
        _watches.Enqueue(() =>
        {
            _list = List(90, Job("stays", 3), Job("comes", 80));
            return insideTheStream
                ? Stream("""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}""")
                : ScriptedServer.Refusal(HttpStatusCode.Gone, "too old");
        });
        await RunAsync(() => _changes.Count >= 4);
        Assert.Equal(["stays@3", "goes@4", "goes@4", "comes@80"], _changes);
        Assert.Equal(["comes", "stays"], _store.List().Select(job => job.Metadata.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_job_that_cannot_be_read_is_kept_with_its_name_and_its_errors()
    {
        _list = List(10, """{"metadata":{"name":"odd","namespace":"ns","uid":"u","resourceVersion":"7"},"spec":{"workers":"two"}}""");
        await RunAsync(() => !_changes.IsEmpty);
        var odd = _store.Find(new NamespacedName("ns", "odd"));
        Assert.NotNull(odd);
        Assert.NotEmpty(odd.Errors);
    }

    [Fact]
    public async Task Events_that_come_twice_are_told_once()
    {
        _watches.Enqueue(
            () => Stream(Line("ADDED", Job("a", 11)), Line("ADDED", Job("a", 11)), Line("MODIFIED", Job("a", 12)),
                Line("ADDED", Job("a", 11)), Line("ADDED", Job("z", 13))));
        await RunAsync(() => _changes.Contains("z@13"));
        Assert.Equal(["a@11", "a@12", "z@13"], _changes);
    }

    [Fact]
    public async Task A_list_of_several_pages_is_one_list()
    {
        var pages = new Queue<string>([
            """{"metadata":{"resourceVersion":"10","continue":"next page"},"items":[""" + Job("a", 1) + "]}",
            List(10, Job("b", 2)),
        ]);
        _list = "pages";
        using var paged = new ScriptedServer(
            (request, cancel) => request.IsWatch ? HangAsync(cancel) : Task.FromResult(ScriptedServer.Json(pages.Dequeue())));
        await RunAsync(() => _changes.Count == 2, paged);
        Assert.Equal(["a@1", "b@2"], _changes);
        Assert.Contains("continue=next%20page", paged.Requests[1].Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_that_never_ends_and_never_says_anything_is_given_up()
    {
        await RunAsync(() =>
        {
            if (_hanging > 0)
            {
                _time.TryPass(LongestWatch);
            }

            return _server.Requests.Count(request => request.IsWatch) >= 3;
        });
        Assert.Single(_server.Requests, request => !request.IsWatch);
    }

    /// <summary>A server with a thousand changes to tell ends a watch whose buffer is full after a second or two.</summary>
    [Fact]
    public async Task A_watch_that_the_server_ends_after_news_is_gone_on_with_at_once()
    {
        for (var version = 11; version <= 30; version++)
        {
            var line = Line("ADDED", Job($"job-{version}", version));
            _watches.Enqueue(() => Stream(line));
        }

        await RunAsync(() => _changes.Count == 20, timePasses: false);
        Assert.Single(_server.Requests, request => !request.IsWatch);
    }

    private async Task RunAsync(Func<bool> until, ScriptedServer? from = null, bool timePasses = true)
    {
        var client = new ResourceClient<JobManifest>((from ?? _server).Connect(_time), ResourceTypes.Jobs);
        var reflector = new Reflector<JobManifest>(client, _store, new WatchScope(null), _time, ScriptedServer.Metrics(),
            NullLogger.Instance);
        reflector.Changed += job => _changes.Enqueue($"{job.Metadata.Name}@{job.Metadata.ResourceVersion}");
        var running = reflector.RunAsync(_stop.Token);
        await Eventually.HappensAsync(
            () =>
            {
                _ = timePasses && _time.TryPass(LongestBackoff);
                return until();
            },
            $"what the test waits for; so far: {string.Join(' ', _changes)}");
        await _stop.CancelAsync();
        await running;
    }

    private async Task<HttpResponseMessage> AnswerAsync(ServerRequest request, CancellationToken cancel)
    {
        if (!request.IsWatch)
        {
            return ScriptedServer.Json(_list);
        }

        return _watches.TryDequeue(out var script) ? script() : await HangAsync(cancel);
    }

    private async Task<HttpResponseMessage> HangAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref _hanging);
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException("not reached");
        }
        finally
        {
            Interlocked.Decrement(ref _hanging);
        }
    }

    private static HttpResponseMessage Stream(params string[] lines) =>
        new(HttpStatusCode.OK) { Content = new StringContent(string.Join('\n', lines) + "\n", Encoding.UTF8) };

    private static string Line(string type, string job) => $$"""{"type":"{{type}}","object":{{job}} }""";

    private static string Job(string name, int version) =>
        $$"""{"metadata":{"name":"{{name}}","namespace":"ns","uid":"u-{{name}}","resourceVersion":"{{version}}"},"spec":{} }""";

    private static string List(int version, params string[] jobs) =>
        $$"""{"metadata":{"resourceVersion":"{{version}}"},"items":[{{string.Join(',', jobs)}}]}""";
}
