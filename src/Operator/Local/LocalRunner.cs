using System.Globalization;
using System.Text;
using System.Threading.Channels;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Local;

/// <summary>Runs one job on this machine with the operator's own planning: pods are processes, the cluster is memory.</summary>
/// <param name="time">Clock of the run; the system's where absent.</param>
public sealed class LocalRunner(TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>
    /// Runs the job until it has succeeded or failed, or until it is stopped or suspended. No process of it is left when this returns.
    /// </summary>
    /// <param name="manifest">A valid job.</param>
    /// <param name="options">Where and with what.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="cancel">Stops the job gently: it is suspended, the gang commits a checkpoint, and the method returns.</param>
    /// <returns>The job as it was last, with its status: condition Succeeded, Failed or (stopped) Suspended is True.</returns>
    /// <exception cref="ArgumentException">The manifest has errors, or asks for what this machine cannot give; the message has the field
    /// path.</exception>
    /// <exception cref="IOException">The run folder cannot be written or is in use, or the trainer does not exist.</exception>
    public async Task<MhcTrainingJob> RunAsync(JobManifest manifest, LocalRunOptions options, ILocalRunObserver observer,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(observer);
        LocalRequirements.Check(manifest, options);
        var folder = new LocalFolder(options.RunFolder);
        try
        {
            Directory.CreateDirectory(folder.Root);
            foreach (var name in (string[])["checkpoints", "logs", "config", "pods"])
            {
                RunFile.MakeFolder(folder.Root, name);
            }

            using var owned = Own(folder, manifest.Metadata.Name);
            using var launcher = new ProcessLauncher(options);
            return await RunAsync(manifest, options, launcher, new LocalStatusFile(folder.Status), observer, cancel);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"the folder of the run, {folder.Root}, cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The same with any launcher.</summary>
    internal async Task<MhcTrainingJob> RunAsync(
        JobManifest manifest, LocalRunOptions options, IPodLauncher launcher, LocalStatusFile statusFile, ILocalRunObserver observer,
        CancellationToken cancel)
    {
        var cluster = new LocalCluster(launcher, _time);
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        cluster.Changed += _ => changes.Writer.TryWrite(true);
        var telemetry = new TelemetryGuard(
            words => observer.OnEvent(_time.GetUtcNow(),
                new ClusterEvent(true, "StatusNotWritten", $"{words}; a later --resume knows less")));
        cluster.StatusWritten += job => telemetry.Try(() => statusFile.Write(job.Status!));
        var last = manifest.Job!;
        cluster.StatusWritten += job =>
        {
            last = job;
            observer.OnJobChanged(job);
        };
        cluster.EventRecorded += happened => observer.OnEvent(_time.GetUtcNow(), happened);
        cluster.TrainerAnswered += observer.OnTrainerStatus;

        var earlier = statusFile.ReadForResume();
        ExpectSameJob(earlier, manifest.Job!);
        var job = manifest.Job! with { Status = earlier };
        observer.OnBegin(job);
        var key = cluster.Add(manifest with { Status = earlier, Job = job });
        var executor = new JobExecutor(cluster,
            new OperatorOptions
            {
                AllowPrivilegedTemplates = true,
                RestartsInPlace = false,
                PollInterval = options.StatusInterval,
                StatusInterval = options.StatusInterval
            }, _time);
        using var stopping = cancel.Register(() => Suspend(cluster, key));
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

            if (Conditions.Find(last.Status?.Conditions ?? [],
                ConditionTypes.Valid) is { Status: Conditions.False, Reason: Reasons.InvalidSpec or Reasons.Rejected } invalid)
            {
                // A cluster may take it later. This machine does not.
                cluster.KillPods();
                throw new ArgumentException(invalid.Message, nameof(manifest));
            }

            if (IsOver(cluster, key, last))
            {
                return last;
            }

            await WaitAsync(changes.Reader, wait);
        }
    }

    // Two runs in one folder would be two writers of the same checkpoints.
    private FileStream Own(LocalFolder folder, string job)
    {
        RunFile.ExpectPlain(folder.Lock);
        FileStream owned;
        try
        {
            owned = new FileStream(folder.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            var other = RunFile.Read(folder.Owner, atMost: 4096) is { } words ? Encoding.UTF8.GetString(words) : "it does not say which";
            throw new IOException(
                $"the run folder {folder.Root} belongs to another run that has not ended ({other}); wait for it, end it, or name another folder", e);
        }

        var self = string.Create(CultureInfo.InvariantCulture,
            $"process {System.Environment.ProcessId}, job {job}, since {_time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC");
        new TelemetryGuard(_ => { }).Try(() => RunFile.Replace(folder.Owner, Encoding.UTF8.GetBytes(self)));
        return owned;
    }

    // What may not change on a cluster may not between two runs in one folder either: the checkpoints are those of the job as it was.
    private static void ExpectSameJob(MhcTrainingJobStatus? earlier, MhcTrainingJob job)
    {
        if (earlier?.AcceptedSpec is not { } accepted)
        {
            return;
        }

        var rejected = Immutability.Hold(accepted, job.Spec, isSuspended: true).Rejected;
        if (rejected.Count > 0)
        {
            throw new IOException(
                $"the run cannot go on with another job than it began with; take the change back, or begin another run:\n{string.Join('\n', rejected)}");
        }
    }

    private static void Suspend(LocalCluster cluster, NamespacedName key)
    {
        if (cluster.FindJob(key) is not null)
        {
            cluster.Update(key, spec => spec with { Suspend = true });
        }
    }

    private static async Task<TimeSpan?> ReconcileAsync(JobExecutor executor, NamespacedName key)
    {
        try
        {
            return (await executor.ReconcileAsync(key, CancellationToken.None)).RequeueAfter;
        }
        catch (ApiException e) when (e.Status == System.Net.HttpStatusCode.Conflict)
        {
            // The job was suspended between the look and the write; the next look sees it.
            return TimeSpan.Zero;
        }
    }

    /// <summary>
    /// The job has ended or is suspended, and so have its pods; one whose <c>cleanPods</c> lets pods run on takes them along here.
    /// </summary>
    private static bool IsOver(LocalCluster cluster, NamespacedName key, MhcTrainingJob job)
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

        using var over = new CancellationTokenSource(limit, _time);
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
