using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Cli.Terminal;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Local;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Cli.Run;

/// <summary>Hears the local cluster, keeps the history, and tells the view.</summary>
/// <param name="view">What a person sees.</param>
/// <param name="history">What the summary is made of.</param>
/// <param name="time">Clock.</param>
/// <param name="warnings">What pods warn of.</param>
internal sealed class RunFollower(IRunView view, RunHistory history, TimeProvider time, LogWarnings warnings) : ILocalRunObserver
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private string _suspicion = "";
    private bool _explained;
    private int? _notLearning;

    /// <summary>Since the run began.</summary>
    public TimeSpan Elapsed => time.GetUtcNow() - _startedAt;

    /// <inheritdoc/>
    public void OnBegin(MhcTrainingJob job) => history.Begin(job);

    /// <inheritdoc/>
    public void OnJobChanged(MhcTrainingJob job)
    {
        foreach (var rollback in history.Note(time.GetUtcNow(), job))
        {
            foreach (var line in Explain(rollback))
            {
                view.Say(line);
            }

            _explained = true;
        }

        view.Show(RunSnapshot.Of(job, history.Trainer, Elapsed));
    }

    /// <inheritdoc/>
    public void OnEvent(DateTimeOffset at, ClusterEvent happened)
    {
        // The status comes before the events that explain it, and says more about a rollback than its event does.
        if (_explained && string.Equals(happened.Reason, Reasons.RolledBack, StringComparison.Ordinal))
        {
            _explained = false;
            return;
        }

        view.Say(new RunLine(at - _startedAt, happened.IsWarning, happened.Reason, happened.Message));
    }

    /// <inheritdoc/>
    public void OnTrainerStatus(TrainerStatus status)
    {
        TellWarnings();
        history.Note(status);
        if (!string.Equals(status.StabilityState, _suspicion, StringComparison.Ordinal))
        {
            _suspicion = status.StabilityState;
            if (string.Equals(_suspicion, nameof(StabilityState.Suspicious), StringComparison.Ordinal))
            {
                view.Say(new RunLine(Elapsed, true, nameof(StabilityState.Suspicious),
                    string.Create(CultureInfo.InvariantCulture,
                        $"step {status.Step}: loss {Figures.Loss(status.Loss)}, gradient norm {Figures.Short(status.GradientNorm)}")));
            }
        }

        if (status.NotLearningSince is { } since && since != _notLearning)
        {
            view.Say(new RunLine(Elapsed, true, "NotLearning",
                string.Create(CultureInfo.InvariantCulture,
                    $"training has not learned since step {since}: step {status.Step}: loss {Figures.Loss(status.Loss)}")));
        }

        _notLearning = status.NotLearningSince;
        if (history.Job is { } job)
        {
            view.Show(RunSnapshot.Of(job, status, Elapsed));
        }
    }

    /// <summary>Tells what pods have warned of since the last look.</summary>
    public void TellWarnings()
    {
        foreach (var (pod, text) in warnings.Next())
        {
            view.Say(new RunLine(Elapsed, true, "Warning", $"{pod}: {text}"));
        }
    }

    private IEnumerable<RunLine> Explain(RollbackRecord rollback)
    {
        var (before, worst) = history.LossAround(rollback);
        var losses = before is { } b && worst is { } w
            ? $"; the loss went from {Figures.Loss(b.Loss)} to {Figures.Loss(w.Loss)}"
            : "";
        yield return new RunLine(Elapsed, true, rollback.Reason, string.Create(CultureInfo.InvariantCulture,
            $"began at step {rollback.OnsetStep}, found at step {rollback.DetectedStep}{losses}"));
        var restored = rollback.RestoredStep > 0
            ? string.Create(CultureInfo.InvariantCulture, $"the checkpoint of step {rollback.RestoredStep} is restored")
            : "no checkpoint is healthy, so training begins again";
        var skipped = rollback.Skipped.Length > 0 ? $", data steps {rollback.Skipped} are skipped" : "";
        var factor = rollback.LearningRateFactor < 1
            ? string.Create(CultureInfo.InvariantCulture, $", learning rate ×{rollback.LearningRateFactor:0.###}")
            : "";
        yield return new RunLine(Elapsed, false, "Rollback", $"{restored}{skipped}{factor}");
    }
}
