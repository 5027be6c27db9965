using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Hosting;

/// <summary>
/// One term of leadership: caches and workers over one connection. Everything is made anew for it and thrown away at its
/// end, so that no picture of the cluster outlives the leadership that it was made in.
/// </summary>
/// <param name="connection">Server.</param>
/// <param name="settings">Command line.</param>
/// <param name="identity">Name of this process, for events.</param>
/// <param name="metrics">The runtime's metrics.</param>
/// <param name="jobMetrics">Metrics about all jobs together.</param>
/// <param name="eachJob">Metrics of each job.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Log.</param>
internal sealed class OperatorTerm(
    ApiConnection connection, OperatorSettings settings, string identity, RuntimeMetrics metrics, OperatorMetrics jobMetrics,
    JobMetrics eachJob, TimeProvider time,
    ILogger log)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The change that is waited for wakes the job up by itself; this is for a change that no longer comes, such as one of an object that
    /// was taken out of the watch.
    /// </summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>Works until cancelled.</summary>
    /// <param name="synced">Told how many jobs there are once the caches are complete; work begins after it.</param>
    /// <param name="cancel">Ends the term.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task RunAsync(Action<int> synced, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var cluster = new KubernetesCluster(connection, settings.Namespaces, identity, time, metrics, log,
            settings.JobNetwork is not null);
        using var queue = new WorkQueue<NamespacedName>(time, FirstRetry, LongestRetry, metrics, cluster.OnlyStarts);
        cluster.Changed += queue.Add;
        metrics.OldestUnfinished = () => queue.OldestUnfinished;
        var watching = cluster.RunAsync(ended.Token);
        var working = WorkAsync(cluster, queue, synced, ended.Token);
        await Task.WhenAny(watching, working); // neither ends before the term does, unless it failed
        eachJob.Lead(null);
        await ended.CancelAsync();
        await Task.WhenAll(watching, working);
        metrics.OldestUnfinished = null;
    }

    private async Task WorkAsync(KubernetesCluster cluster, WorkQueue<NamespacedName> queue, Action<int> synced, CancellationToken cancel)
    {
        await cluster.Synced.WaitAsync(cancel);
        synced(cluster.ListJobs().Count);
        eachJob.Lead(cluster.ListJobs);
        var options = new OperatorOptions
        {
            TrainerImage = settings.DefaultTrainerImage,
            ImagePullSecrets = settings.ImagePullSecrets,
            AllowPrivilegedTemplates = settings.AllowPrivilegedTemplates,
            SecretsInTemplates = settings.SecretsInTemplates,
            JobNetwork = settings.JobNetwork,
            PollInterval = settings.PollInterval,
            StatusInterval = settings.PollInterval,
        };
        var executor = new JobExecutor(cluster, options, time, jobMetrics, log);
        var workers = new Controller(
            queue, (job, stop) => cluster.HasMetExpectations(job) ? executor.ReconcileAsync(job, stop)
                : Task.FromResult(new ReconcileResult(LookAgain)), time, metrics, log);
        await workers.RunAsync(settings.Workers, cancel);
        foreach (var job in cluster.ListJobs())
        {
            jobMetrics.Forget(NamespacedName.Of(job)); // the next leader counts them
        }
    }
}
