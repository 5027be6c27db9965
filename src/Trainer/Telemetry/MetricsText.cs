using System.Globalization;
using System.Text;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>Writes a snapshot in the Prometheus text format.</summary>
internal static class MetricsText
{
    private static readonly string[] States = Enum.GetNames<StabilityState>();

    /// <summary>All metrics of a snapshot. A value that is not known yet has no line.</summary>
    public static string Render(TrainerSnapshot snapshot)
    {
        var status = snapshot.Status;
        var limits = snapshot.Limits();
        var text = new StringBuilder();
        Family(text, "mhc_train_attempt", "gauge", "Attempt of the job, from 1.", ("", status.Attempt));
        Family(text, "mhc_train_step", "gauge", "Updates done.", ("", status.Step));
        Family(text, "mhc_train_steps", "gauge", "Updates asked for.", ("", status.TotalSteps));
        Family(text, "mhc_train_tokens_total", "counter", "Tokens trained on, all ranks and earlier attempts included.",
            ("", status.Tokens));
        Family(text, "mhc_train_loss", "gauge", "Loss of the last update, nats per token.", ("", status.Loss));
        Family(text, "mhc_train_validation_loss", "gauge", "Last measured loss on data kept back, nats per token.",
            ("", status.ValidationLoss));
        Family(text, "mhc_train_gradient_norm", "gauge", "Global gradient norm before clipping.", ("", status.GradientNorm));
        Family(text, "mhc_train_learning_rate", "gauge", "Learning rate of the last update.", ("", status.LearningRate));
        Family(text, "mhc_train_tokens_per_second", "gauge", "Tokens per second over the whole gang, recent steps.",
            ("", status.TokensPerSecond));
        Family(text, "mhc_train_step_seconds", "gauge", "Seconds per step, recent steps.", ("", status.SecondsPerStep));
        Family(text, "mhc_train_eta_seconds", "gauge", "Seconds left at that speed.", ("", status.EtaSeconds));
        Family(text, "mhc_train_epochs", "gauge", "How often the data have been gone through.", ("", status.Epoch));
        Family(text, "mhc_train_model_flops", "gauge",
            "Floating-point operations a second that the model asks for, over the whole gang, recent steps.",
            ("", status.ModelFlopsPerSecond));
        Family(text, "mhc_train_peak_memory_bytes", "gauge", "Most resident memory of rank 0 so far.", ("", status.PeakMemoryBytes));
        Family(text, "mhc_train_not_learning_since_step", "gauge",
            "Step since which training has not learned, where that is so for too long.", ("", status.NotLearningSince));
        Family(text, "mhc_train_sent_bytes_total", "counter", "Bytes that rank 0 has sent to its peers.", ("", status.BytesSent));
        Family(text, "mhc_train_gain", "gauge", "Composite Amax gain of the residual mappings.",
            ("{direction=\"forward\"}", status.Gain?.Forward), ("{direction=\"backward\"}", status.Gain?.Backward));
        Family(text, "mhc_train_gap", "gauge", "Largest distance of a row's or column's sum from 1 in the residual mappings of mHC.",
            ("{direction=\"row\"}", status.Gap?.Row), ("{direction=\"column\"}", status.Gap?.Column));
        Family(text, "mhc_train_loss_limit", "gauge", "Loss from which on the next step would be suspicious.", ("", Limit(limits, "loss")));
        Family(text, "mhc_train_gradient_norm_limit", "gauge", "Gradient norm from which on the next step would be suspicious.",
            ("", Limit(limits, "gradientNorm")));
        Family(text, "mhc_train_gain_limit", "gauge",
            "Composite gain, in either direction, from which on a step is suspicious beside another finding.", ("", Limit(limits, "gain")));
        Family(text, "mhc_train_gap_limit", "gauge", "Gap from which on a row is unstable, and a column suspicious beside another finding.",
            ("{direction=\"row\"}", Limit(limits, "gapRow")), ("{direction=\"column\"}", Limit(limits, "gapColumn")));
        Family(text, "mhc_train_checkpoint_step", "gauge", "Step of the newest checkpoint.",
            ("{state=\"latest\"}", status.LatestCheckpoint), ("{state=\"verified\"}", status.VerifiedCheckpoint));
        Family(text, "mhc_train_checkpoint_seconds", "gauge", "Seconds that training stood still for the last checkpoint.",
            ("", snapshot.CheckpointSeconds));
        Family(text, "mhc_train_checkpoint_bytes", "gauge", "Size of the file of rank 0 in the last checkpoint.",
            ("", snapshot.CheckpointBytes));
        Family(text, "mhc_train_checkpoint_write_seconds", "gauge",
            "Seconds in which that file was hashed, written and flushed, in the background.", ("", snapshot.CheckpointWriteSeconds));
        Family(text, "mhc_train_checkpoint_commit_seconds", "gauge",
            "Seconds from the end of its step until all ranks knew that the last checkpoint was committed.",
            ("", snapshot.CheckpointCommitSeconds));
        Family(text, "mhc_train_checkpoint_failures_total", "counter", "Checkpoints that could not be written.",
            ("", snapshot.CheckpointFailures));
        Family(text, "mhc_train_lost_lines_total", "counter", "Lines of the log and of metrics.jsonl that could not be written.",
            ("", snapshot.LostLines));
        Family(text, "mhc_train_skipped_updates_total", "counter", "Updates left out since a loss or gradient was not finite.",
            ("", snapshot.SkippedUpdates));
        Family(text, "mhc_train_stability_state", "gauge", "1 for the state that training is in.",
            [.. States.Select(
                s => ($"{{state=\"{s}\"}}", (double?)(string.Equals(s, status.StabilityState, StringComparison.Ordinal) ? 1 : 0)))]);
        return text.ToString();
    }

    private static double? Limit(IReadOnlyDictionary<string, double> limits, string name) =>
        limits.TryGetValue(name, out var limit) ? limit : null;

    private static void Family(StringBuilder text, string name, string type, string help,
        params ReadOnlySpan<(string Labels, double? Value)> samples)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        foreach (var (labels, value) in samples)
        {
            if (value is { } known)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {known:R}\n");
            }
        }
    }
}
