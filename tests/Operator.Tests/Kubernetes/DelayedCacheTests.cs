using MhcOperator.Operator.Tests.Hosting;
using MhcOperator.Operator.Hosting;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace MhcOperator.Operator.Tests.Kubernetes;

public sealed class DelayedCacheTests
{
    [Fact]
    public async Task While_the_cache_does_not_show_the_pods_that_were_made_the_job_is_looked_at_again_and_again_and_no_pod_is_made_twice()
    {
        var time = new PauseWatchingTime();
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var metrics = new RuntimeMetrics(registry);
        var settings = RehearsalTests.Settings with { Namespaces = ["ns"] };
        using var server = new RehearsalServer("ns");
        using var slow = new LatePodWatch(server);
        using var client = new HttpClient(slow, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        using var stop = new CancellationTokenSource();
        var connection = new ApiConnection(client, RehearsalServer.Address, null, time, metrics);
        var running = new OperatorTerm(connection, settings, "me", metrics, new OperatorMetrics(registry), new JobMetrics(), time,
            NullLogger.Instance).RunAsync(_ => { }, stop.Token);

        await Eventually.HappensAsync(() => slow.PodsMade == 2, "the gang is made");
        for (var look = 0; look < 5; look++)
        {
            await Eventually.HappensAsync(() => time.TryPass(TimeSpan.FromSeconds(1)), "the job is to be looked at again");
        }

        Assert.Equal(2, slow.PodsMade);
        Assert.False(server.JobRuns.IsCompleted);
        slow.Begin();
        await Eventually.HappensAsync(() => server.JobRuns.IsCompleted, "the job runs once its pods are seen");
        Assert.Equal(2, slow.PodsMade);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>Opens the watch of pods only when told to.</summary>
    private sealed class LatePodWatch(RehearsalServer server) : DelegatingHandler(server)
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile int _podsMade;

        public int PodsMade => _podsMade;

        public void Begin() => _begun.SetResult();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var isOfPods = request.RequestUri!.AbsolutePath.EndsWith("/pods", StringComparison.Ordinal);
            if (isOfPods && request.RequestUri.Query.Contains("watch=true", StringComparison.Ordinal))
            {
                await _begun.Task.WaitAsync(cancellationToken);
            }
            else if (isOfPods && request.Method == HttpMethod.Post)
            {
                Interlocked.Increment(ref _podsMade);
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
