using System.Threading.Channels;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Planning;

namespace MhcOperator.Operator.Local;

/// <summary>Runs one job on this machine with the operator's own planning: pods are processes, the cluster is memory.</summary>
/// <param name="time">Clock of the run; the system's where absent.</param>
public sealed class LocalRunner(TimeProvider? time = null)
{
    private readonly TimeProvider time = time ?? TimeProvider.System;

    /// <summary>Runs the job until it has succeeded or failed, or until it is stopped or suspended. No process of it is left when this returns.</summary>
    /// <param name="manifest">A valid job.</param>
    /// <param name="options">Where and with what.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="stop">Stops the job gently: it is suspended, the gang commits a checkpoint, and the method returns.</param>
    /// <returns>The job as it was last, with its status: condition Succeeded, Failed or (stopped) Suspended is True.</returns>
    /// <exception cref="ArgumentException">The manifest has errors, or asks for what this machine cannot give; the message has the field path.</exception>
    /// <exception cref="IOException">The run folder cannot be written or is in use, or the trainer does not exist.</exception>
    public async Task<MhcTrainingJob> RunAsync(JobManifest manifest, LocalRunOptions options, ILocalRunObserver observer, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(observer);
        LocalRequirements.Check(manifest, options);
        var folder = new LocalFolder(options.RunFolder);
        try
        {
            Directory.CreateDirectory(folder.Root);

            // Two runs in one folder would be two writers of the same checkpoints.
            using var owned = new FileStream(folder.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            using var launcher = new ProcessLauncher(options);
            return await RunAsync(manifest, options, launcher, new LocalStatusFile(folder.Status), observer, stop);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"the folder of the run, {folder.Root}, cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The same with any launcher.</summary>
    internal async Task<MhcTrainingJob> RunAsync(
        JobManifest manifest, LocalRunOptions options, IPodLauncher launcher, LocalStatusFile statusFile, ILocalRunObserver observer, CancellationToken stop)
    {
        var cluster = new LocalCluster(launcher, time);
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        cluster.Changed += _ => changes.Writer.TryWrite(true);
        cluster.StatusWritten += job => statusFile.Write(job.Status!);
        var last = manifest.Job!;
        cluster.StatusWritten += job =>
        {
            last = job;
            observer.OnJobChanged(job);
        };
        cluster.EventRecorded += happened => observer.OnEvent(time.GetUtcNow(), happened);
        cluster.TrainerAnswered += observer.OnTrainerStatus;

        var earlier = statusFile.ReadForResume();
        var job = manifest.Job! with { Status = earlier };
        observer.OnBegin(job);
        var key = cluster.Add(manifest with { Status = earlier, Job = job });
        var executor = new JobExecutor(cluster, new OperatorOptions { AllowPrivilegedTemplates = true, RestartsInPlace = false, PollInterval = options.StatusInterval, StatusInterval = options.StatusInterval }, time);
        using var stopping = stop.Register(() => Suspend(cluster, key));
        using var killing = options.Kill.Register(() =>
        {
            Suspend(cluster, key);
            cluster.KillPods();
        });

        while (true)
        {
            var wait = await ReconcileAsync(executor, key);
            if (options.Kill.IsCancellationRequested)
            {
                // Pods that were made while it was cancelled.
                cluster.KillPods();
            }

            if (IsOver(cluster, key, last))
            {
                return last;
            }

            await WaitAsync(changes.Reader, wait);
        }
    }

    private static void Suspend(LocalCluster cluster, JobKey key)
    {
        if (cluster.FindJob(key) is not null)
        {
            cluster.Update(key, spec => spec with { Suspend = true });
        }
    }

    private static async Task<TimeSpan?> ReconcileAsync(JobExecutor executor, JobKey key)
    {
        try
        {
            return (await executor.ReconcileAsync(key, CancellationToken.None)).RequeueAfter;
        }
        catch (ClusterException e) when (e.Status == System.Net.HttpStatusCode.Conflict)
        {
            // The job was suspended between the look and the write; the next look sees it.
            return TimeSpan.Zero;
        }
    }

    /// <summary>The job has ended or is suspended, and so have its pods; one whose <c>cleanPods</c> lets pods run on takes them along here.</summary>
    private static bool IsOver(LocalCluster cluster, JobKey key, MhcTrainingJob job)
    {
        var conditions = job.Status?.Conditions ?? [];
        var finished = Conditions.IsTrue(conditions, ConditionTypes.Succeeded) || Conditions.IsTrue(conditions, ConditionTypes.Failed);
        if (!finished && !Conditions.IsTrue(conditions, ConditionTypes.Suspended))
        {
            return false;
        }

        var alive = cluster.ListPods(key).Where(p => p.Status?.Phase is not ("Succeeded" or "Failed")).ToList();
        if (finished && alive.Exists(p => p.Metadata.DeletionTimestamp is null))
        {
            cluster.KillPods();
        }

        return alive.Count == 0;
    }

    private async Task WaitAsync(ChannelReader<bool> changes, TimeSpan? atMost)
    {
        if (atMost is not { } limit)
        {
            await changes.ReadAsync();
            return;
        }

        using var over = new CancellationTokenSource(limit, time);
        try
        {
            await changes.ReadAsync(over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Nothing has changed for as long as the plan allows: time to look again.
            return;
        }
    }
}
