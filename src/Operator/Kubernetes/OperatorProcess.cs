using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Planning;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>The operator from start to end: health endpoint, lease, and for each term of leadership caches and workers.</summary>
/// <param name="settings">Command line.</param>
/// <param name="time">Clock.</param>
/// <param name="logs">Makes logs.</param>
internal sealed class OperatorProcess(OperatorSettings settings, TimeProvider time, ILoggerFactory logs)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private readonly ILogger log = logs.CreateLogger("mhc-operator");
    private readonly OperatorHealth health = new();
    private readonly CollectorRegistry registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly string identity = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}";

    /// <summary>Runs until cancelled; the lease is released when it returns.</summary>
    /// <exception cref="OperatorStartException">The settings can't be used.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        var metrics = new RuntimeMetrics(registry);
        var access = ClusterAccess.Find(settings.Kubeconfig, identity);
        log.LogInformation("{Identity} serves {Scope} at {Server} ({Source})", identity, settings.Namespace ?? "all namespaces", access.Server, access.Source);
        await using var server = await HealthServer.StartAsync(settings, health, registry, log, cancel);
        if (settings.LeaderElection)
        {
            await RunElectedAsync(access, metrics, cancel);
        }
        else
        {
            await LeadAsync(access, metrics, null, cancel);
        }
    }

    private async Task RunElectedAsync(ClusterAccess access, RuntimeMetrics metrics, CancellationToken cancel)
    {
        var (connection, client) = access.Open(time, metrics, null);
        using var owned = client;
        var ns = settings.LeaseNamespace ?? ClusterAccess.OwnNamespace ?? "default";
        var options = new LeaseOptions(ns, settings.LeaseName, identity, TimeSpan.FromSeconds(settings.LeaseDurationSeconds));
        var lease = new LeaseClient(new ResourceClient<k8s.Models.V1Lease>(connection, ResourceTypes.Leases), options, time, log);

        // A standby that could not act must not look ready; and what it has done once goes faster when it takes over.
        await CheckAsync(connection, access, cancel);
        var elector = new LeaderElector(lease, options, time, metrics, log) { Tried = isInTouch => health.WaitingFor = isInTouch ? null : $"an answer from {access.Server}" };
        await elector.RunAsync((fence, term) => LeadAsync(access, metrics, fence, term), cancel);
    }

    /// <summary>One term: everything is made anew and thrown away at its end, so that no picture of the cluster outlives the leadership it was made in.</summary>
    private async Task LeadAsync(ClusterAccess access, RuntimeMetrics metrics, WriteFence? fence, CancellationToken term)
    {
        var (connection, client) = access.Open(time, metrics, fence);
        using var owned = client;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(term);
        using var cluster = new KubernetesCluster(connection, settings.Namespace, identity, time, metrics, log);
        using var queue = new WorkQueue<ObjectKey>(time, FirstRetry, LongestRetry, metrics);
        cluster.Changed += key => queue.Add(new ObjectKey(key.Namespace, key.Name));
        try
        {
            await CheckAsync(connection, access, ended.Token);
            var watching = cluster.RunAsync(ended.Token);
            var working = WorkAsync(cluster, queue, metrics, ended.Token);
            await Task.WhenAny(watching, working); // neither ends before the term does, unless it failed
            await ended.CancelAsync();
            await Task.WhenAll(watching, working);
        }
        catch (OperationCanceledException) when (term.IsCancellationRequested)
        {
            log.LogInformation("stopped work");
        }
    }

    private Task CheckAsync(ApiConnection connection, ClusterAccess access, CancellationToken cancel) =>
        new ClusterCheck(new ResourceClient<JobManifest>(connection, ResourceTypes.Jobs), access.Server, settings.Namespace, health, time, log).WaitAsync(cancel);

    private async Task WorkAsync(KubernetesCluster cluster, WorkQueue<ObjectKey> queue, RuntimeMetrics metrics, CancellationToken cancel)
    {
        health.WaitingFor = "the first list of jobs and pods";
        await cluster.Synced.WaitAsync(cancel);
        health.WaitingFor = null;
        log.LogInformation("watching {Count} jobs", cluster.ListJobs().Count);
        var options = new OperatorOptions { TrainerImage = settings.DefaultTrainerImage, AllowPrivilegedTemplates = settings.AllowPrivilegedTemplates, PollInterval = settings.PollInterval, StatusInterval = settings.PollInterval };
        var jobMetrics = new OperatorMetrics(registry);
        var controller = new JobController(cluster, new JobExecutor(cluster, options, time, jobMetrics));
        var workers = new Controller<JobManifest>(queue, key => cluster.FindJob(new JobKey(key.Namespace, key.Name)), controller, time, metrics, log);
        await workers.RunAsync(settings.Workers, cancel);
        foreach (var job in cluster.ListJobs())
        {
            jobMetrics.Forget(new JobKey(job.Metadata.NamespaceProperty, job.Metadata.Name)); // the next leader counts them
        }
    }
}
