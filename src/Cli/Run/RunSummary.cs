using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Cli.Terminal;
using Spectre.Console;

namespace MhcOperator.Cli.Run;

/// <summary>The tables at the end of a run.</summary>
internal static class RunSummary
{
    /// <summary>Writes the attempts, the rollbacks and the loss.</summary>
    public static void Write(IAnsiConsole console, RunHistory history, TimeSpan elapsed)
    {
        console.WriteLine();
        Attempts(console, history);
        if (history.Job?.Status?.Rollbacks is { Count: > 0 } rollbacks)
        {
            Rollbacks(console, rollbacks, history);
        }

        if (history.StartLoss is { } start && history.FinalLoss is { } final)
        {
            console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Loss {Figures.Loss(start.Loss)} at step {start.Step} → {Figures.Loss(final.Loss)} at step {final.Step} ({final.Loss / start.Loss:P0} of the start), {Figures.Time(elapsed)} in all."));
        }
    }

    private static void Attempts(IAnsiConsole console, RunHistory history) => Records.Write(
        console,
        "Attempts",
        [("attempt", false), ("steps", false), ("loss", false), ("result", false), ("seconds", true)],
        history.Attempts.Select(attempt => new[]
        {
            attempt.Number.ToString(CultureInfo.InvariantCulture),
            attempt is { FirstStep: { } first, LastStep: { } last } ? string.Create(CultureInfo.InvariantCulture, $"{first}–{last}")
                : "none",
            attempt is { FirstLoss: { } a, LastLoss: { } b } ? $"{Figures.Loss(a.Loss)} → {Figures.Loss(b.Loss)}" : "—",
            attempt.Result ?? "running",
            attempt.EndedAt is { } end ? (end - attempt.StartedAt).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "",
        }));

    private static void Rollbacks(IAnsiConsole console, IReadOnlyList<RollbackRecord> rollbacks, RunHistory history) => Records.Write(
        console,
        "Rollbacks",
        [
            ("attempt", false), ("reason", false), ("began", false), ("found", false), ("restored", false), ("skipped data", false),
            ("loss before", false), ("at its worst", false), ("seconds", true),
        ],
        rollbacks.Select(rollback =>
        {
            var (before, worst) = history.LossAround(rollback);
            return new[]
            {
                rollback.Attempt.ToString(CultureInfo.InvariantCulture),
                rollback.Reason,
                string.Create(CultureInfo.InvariantCulture, $"step {rollback.OnsetStep}"),
                string.Create(CultureInfo.InvariantCulture, $"step {rollback.DetectedStep}"),
                rollback.RestoredStep > 0 ? string.Create(CultureInfo.InvariantCulture, $"step {rollback.RestoredStep}") : "start",
                rollback.Skipped,
                Figures.Loss(before?.Loss),
                Figures.Loss(worst?.Loss),
                rollback.Seconds?.ToString("0.0", CultureInfo.InvariantCulture) ?? "—",
            };
        }));
}
