using System.Globalization;
using System.Net.Sockets;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Drills;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.Stability;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Telemetry;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Training;

/// <summary>One attempt of one rank, from the environment to the last checkpoint.</summary>
internal sealed class TrainingRun(TrainerSettings settings, KernelKind kernels, TrainingLogs logs, ProgressPrinter printer,
    StopRequest stop, Action<TrainerException> end, TimeProvider time)
{
    private readonly TrainerConfiguration _configuration = settings.Configuration;
    private readonly GangIdentity _identity = settings.Identity;

    /// <summary>Trains, and returns what was last reported.</summary>
    /// <exception cref="TrainerException">It ended otherwise than with the last step.</exception>
    public TrainerStatus Run()
    {
        Refuse();
        set_num_threads(settings.Threads);
        var vocabulary = Vocabulary.Of(_configuration);
        var plan = BatchPlan.Make(_configuration, _identity.Rank, _identity.Size);
        var folder = CheckpointFolder.OpenForWriting(settings.CheckpointFolder, time);
        var board = new StatusBoard
        {
            Current = new TrainerSnapshot(
            new TrainerStatus { Attempt = _identity.Attempt, TotalSteps = _configuration.Optimization.Steps }, 0, 0, 0)
        };
        var activity = new ActivityBoard(time);
        using var dumps = DumpRequest.Listen(_identity, activity, folder, stop, printer.Line, time);
        using var server = Serve(board);
        using var data = DataSet.Open(_configuration.Data, _configuration.Model.ContextLength, vocabulary, settings.Corpus);
        var memory = new MemoryCheck(MachineMemory.Bytes());
        memory.Model(new ModelDimensions(_configuration.Model, vocabulary),
            _configuration.Parallelism.Sharding == Sharding.Optimizer ? _identity.Size : 1);
        using var state = new TrainingState(_configuration, vocabulary, kernels);
        SayOf(data);
        Say(
            $"{_identity}: {data.Origin}; {state.Model.NamedParameters.Sum(p => p.Value.numel()).ToString("N0", CultureInfo.InvariantCulture)} parameters; {settings.Threads} threads");
        PlanRecomputation(state.Model, plan, memory);

        var fence = new CheckpointFence(folder, _identity.Attempt, time, settings.JobSince);
        TakeOver(fence, folder);
        using var gang = GangFactory.Create(_identity, settings.MasterAddress, settings.MasterPort,
            TimeSpan.FromSeconds(_configuration.Parallelism.TimeoutSeconds), printer.Line, CancellationToken.None,
            lost => end(TrainerException.TryAgain(EndReason.PeerLost, lost)));
        Together(() => GangAgreement.Check(gang, RankFacts.Of(settings, kernels, data.Fingerprint)), gang);
        state.Join(gang, _configuration, StepVote.Numbers);
        TakeFolder(fence, folder, board);
        Together(() => SharedFolder.Check(folder, gang), gang);
        using var watch = FolderWatch.Start(fence, time, end);
        using var background = new FolderWork();
        var ledger = new CheckpointLedger(_identity.Rank == 0 ? folder : null, _configuration.Checkpoints, printer.Warn, background, fence);
        var order = new SampleOrder(_configuration.Optimization.Seed, data.TrainingSamples, plan.Samples);
        var monitor = new StabilityMonitor(_configuration.Stability);
        var validation = ValidationMeter.Create(_configuration, data, state.Model, gang);
        TrainingProgress progress = default;
        var resumption = new Resumption(new CheckpointLoader(folder, gang, ledger, printer.Warn), gang, state, monitor, Say);
        Together(() => progress = resumption.Begin(settings.Resume, Describe(default, monitor, vocabulary, order, data, validation)), gang);
        using var writer = new CheckpointWriter(folder, fence, gang, _identity.Attempt, time);
        var keeper = new CheckpointKeeper(writer, ledger, _configuration.Checkpoints, _configuration.Optimization.Steps, p =>
            Describe(p, monitor, vocabulary, order, data, validation), state, Warn, time);
        keeper.BeganAt(progress.Step);
        var drills = DrillBook.Open(_configuration.Drills, _identity.Attempt, _identity.Rank, vocabulary, folder);
        using var dataLog = Open(logs.Data);
        using var stepLog = Open(logs.Steps);
        using var metrics = _identity.Rank == 0 ? MetricsLog.Open(folder.Path, progress.Step, printer.Warn) : null;
        var frequencies = new TokenFrequencies(vocabulary);
        var batches = new BatchReader(data, order, plan, _configuration.Model.ContextLength, drills, frequencies);
        if (progress.Step >= _configuration.Optimization.Steps)
        {
            Warn(
                $"spec.optimization.steps: {_configuration.Optimization.Steps} was given, and the checkpoint that this run goes on from has {progress.Step}: there is nothing left to do");
        }

        stop.TrainingBegins();
        var loop = new TrainingLoop(_configuration, state, new LoopParts
        {
            Plan = plan,
            Batches = batches,
            Skip = new SkipWindows(settings.SkipWindows),
            Monitor = monitor,
            Keeper = keeper,
            Ledger = ledger,
            Telemetry = new TrainingTelemetry(board, printer, ledger, keeper, _identity, _configuration.Optimization,
                () => state.Updater.BytesSent, time)
            {
                Metrics = metrics,
                JobSince = settings.JobSince,
                Work = new ModelWork(_configuration.Model, state.Model.NamedParameters.Sum(p => p.Value.numel()), order.Samples),
                Limits = () => monitor.Limits,
                Learning = new LearningWatch(_configuration.Optimization.Steps, _configuration.Optimization.WarmupSteps,
                    () => frequencies.Entropy),
            },
            Drills = drills,
            Stop = stop,
            Activity = activity,
            Warn = Warn,
            LossOf = new BatchLoss(state.Model, batches, plan, gang).Of,
            Validation = validation,
            DataLog = dataLog is null ? null : new DataLog(dataLog),
            StepLog = stepLog is null ? null : new StepLog(stepLog),
        }, settings.LearningRateFactor);
        Together(() => loop.Run(progress), gang);
        gang.Leave();
        printer.Line($"weights sha256:{WeightsHash.Compute(state.Weights)}");
        return board.Current.Status;
    }

    /// <summary>
    /// An end that all ranks have agreed on, or come to at the same step, must not look to the slower ones like a lost peer.
    /// </summary>
    private static void Together(Action action, IGang gang)
    {
        try
        {
            action();
        }
        catch (TrainerException e) when (e.EndsAll)
        {
            gang.Leave();
            throw;
        }
    }

    /// <summary>How often the data is passed, and what is not said otherwise: that nothing will be validated.</summary>
    private void SayOf(DataSet data)
    {
        var (context, optimization) = (_configuration.Model.ContextLength, _configuration.Optimization);
        var passes = (double)optimization.Steps * (optimization.BatchTokens / context) / data.TrainingSamples;
        Say(string.Create(CultureInfo.InvariantCulture,
            $"{optimization.Steps:N0} steps of {optimization.BatchTokens:N0} tokens pass the {data.TrainingSamples * context:N0} tokens of training data {passes:0.####} times"));
        if (_configuration.Data.ValidationFraction > 0 && data.ValidationSamples == 0)
        {
            Warn(string.Create(CultureInfo.InvariantCulture,
                $"spec.data.validationFraction: {_configuration.Data.ValidationFraction} of the data is less than one sample of {context + 1} tokens: there is no validation loss"));
        }
    }

    private void Refuse()
    {
        if (_configuration.Device == Api.Device.Cuda)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                "spec.workers.device: Cuda was given; this trainer computes on the Cpu");
        }

        if (_configuration.Checkpoints.MemorySnapshotSteps > 0)
        {
            Warn("spec.checkpoints.memorySnapshotSteps: this trainer takes no snapshots in memory; it returns to checkpoints");
        }
    }

    private void PlanRecomputation(Transformer model, BatchPlan batch, MemoryCheck memory)
    {
        var (spec, optimization) = (_configuration.Model, _configuration.Optimization);
        var estimate = new ActivationEstimate(spec, model.Sizes, optimization.Precision, kernels, (long)batch.Micro * spec.ContextLength);
        try
        {
            (model.Recompute, var fits) = RecomputeChoice.Make(optimization, estimate, spec.Layers, spec.Mhc.Streams);
            var figures = string.Create(CultureInfo.InvariantCulture,
                $"{model.Recompute}: about {Mebibytes(model.Recompute)} MiB of activations ({Mebibytes(RecomputePlan.None)} if all were kept)");
            if (optimization.Recompute)
            {
                Say($"recompute: {figures}");
            }

            memory.Activations(estimate.Peak(model.Recompute));
            if (!fits)
            {
                Warn(
                    $"spec.optimization.activationMemory: {optimization.ActivationMemory} was given, and the least is more: {figures}; smaller microBatchTokens need less");
            }
        }
        catch (FormatException e)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid, $"spec.optimization.activationMemory: {e.Message}", e);
        }

        double Mebibytes(RecomputePlan plan) => Math.Ceiling(estimate.Peak(plan) / (double)(1 << 20));
    }

    private LogFile? Open(string? path) => _identity.Rank == 0 && path is not null ? new LogFile(path, printer.Warn) : null;

    private StatusServer? Serve(StatusBoard board)
    {
        if (_identity.Rank != 0 || settings.StatusPort is not { } port)
        {
            return null;
        }

        try
        {
            return StatusServer.Start(Listening.AddressFor(settings.MasterAddress), port, board);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException or InvalidOperationException)
        {
            printer.Warn($"no status on port {port} (MHC_STATUS_PORT): {e.Message}{PortOwner.Describe(port)}");
            return null;
        }
    }

    /// <summary>Before the ranks meet: those that wait here must not keep others waiting for them.</summary>
    private void TakeOver(CheckpointFence fence, CheckpointFolder folder)
    {
        if (!settings.TakeOver)
        {
            return;
        }

        Say(
            string.Create(CultureInfo.InvariantCulture,
                $"a process of an older attempt may still run; the checkpoint folder is claimed, and its lease waited for ({FolderWatch.TakeOverWait.TotalSeconds} s)"));
        OnFolder(folder, () => FolderWatch.TakeOver(fence, time));
    }

    private void TakeFolder(CheckpointFence fence, CheckpointFolder folder, StatusBoard board)
    {
        if (_identity.Rank != 0)
        {
            return;
        }

        OnFolder(folder, () =>
        {
            fence.Take();
            fence.WhileOwner(folder.DeleteLeftovers);
        });
        board.Current = board.Current with { Status = board.Current.Status with { OwnsFolder = true } };
    }

    private static void OnFolder(CheckpointFolder folder, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TrainerException.TryAgain(EndReason.CheckpointFolderBusy, $"checkpoint folder {folder.Path}: {e.Message}", e);
        }
    }

    private CheckpointManifest Describe(TrainingProgress progress, StabilityMonitor monitor, int vocabulary, SampleOrder order,
        DataSet data,
        ValidationMeter? validation) => new()
        {
            Job = _identity.Job,
            Attempt = _identity.Attempt,
            SavedAt = time.GetUtcNow(),
            Step = progress.Step,
            DataStep = progress.DataStep,
            Tokens = progress.Tokens,
            Loss = progress.Loss,
            ValidationLoss = progress.ValidationLoss,
            WorldSize = _identity.Size,
            Model = _configuration.Model,
            Vocabulary = vocabulary,
            Tokenizer = _configuration.Data.Tokenizer,
            Format = _configuration.Data.Format,
            ValidationFraction = _configuration.Data.ValidationFraction,
            ValidationSamples = validation?.Samples ?? 0,
            Seed = _configuration.Optimization.Seed,
            BatchSamples = order.Batch,
            Samples = order.Samples,
            DataSha256 = data.Fingerprint,
            Stability = monitor.Memory,
        };

    private void Say(string line)
    {
        if (_identity.Rank == 0)
        {
            printer.Line(line);
        }
    }

    private void Warn(string line)
    {
        if (_identity.Rank == 0)
        {
            printer.Warn(line);
        }
    }
}
