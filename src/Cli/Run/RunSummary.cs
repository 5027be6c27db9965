using System.Globalization;
using MhcOperator.Api;
using Spectre.Console;

namespace MhcOperator.Cli.Run;

/// <summary>The tables at the end of a run.</summary>
internal static class RunSummary
{
    /// <summary>Writes the attempts, the rollbacks and the loss.</summary>
    public static void Write(IAnsiConsole console, RunHistory history, TimeSpan elapsed)
    {
        console.WriteLine();
        console.Write(Attempts(history));
        if (history.Job?.Status?.Rollbacks is { Count: > 0 } rollbacks)
        {
            console.Write(Rollbacks(rollbacks, history));
        }

        if (history.StartLoss is { } start && history.FinalLoss is { } final)
        {
            console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Loss {Figures.Loss(start.Loss)} at step {start.Step} → {Figures.Loss(final.Loss)} at step {final.Step} ({final.Loss / start.Loss:P0} of the start), {Figures.Time(elapsed)} in all."));
        }
    }

    private static Table Attempts(RunHistory history)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("Attempts");
        table.AddColumns("attempt", "steps", "loss", "result");
        table.AddColumn(new TableColumn("seconds").RightAligned());
        foreach (var attempt in history.Attempts)
        {
            var seconds = attempt.EndedAt is { } end ? (end - attempt.StartedAt).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "";
            table.AddRow(
                new Text(attempt.Number.ToString(CultureInfo.InvariantCulture)),
                new Text(attempt is { FirstStep: { } first, LastStep: { } last } ? string.Create(CultureInfo.InvariantCulture, $"{first}–{last}") : "none"),
                new Text(attempt is { FirstLoss: { } a, LastLoss: { } b } ? $"{Figures.Loss(a.Loss)} → {Figures.Loss(b.Loss)}" : "—"),
                new Text(attempt.Result ?? "running"),
                new Text(seconds));
        }

        return table;
    }

    private static Table Rollbacks(IReadOnlyList<RollbackRecord> rollbacks, RunHistory history)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("Rollbacks");
        table.AddColumns("attempt", "reason", "began", "found", "restored", "skipped data", "loss before", "at its worst");
        table.AddColumn(new TableColumn("seconds").RightAligned());
        foreach (var rollback in rollbacks)
        {
            var (before, worst) = history.LossAround(rollback);
            table.AddRow(
                new Text(rollback.Attempt.ToString(CultureInfo.InvariantCulture)),
                new Text(rollback.Reason),
                new Text(string.Create(CultureInfo.InvariantCulture, $"step {rollback.OnsetStep}")),
                new Text(string.Create(CultureInfo.InvariantCulture, $"step {rollback.DetectedStep}")),
                new Text(rollback.RestoredStep > 0 ? string.Create(CultureInfo.InvariantCulture, $"step {rollback.RestoredStep}") : "start"),
                new Text(rollback.Skipped),
                new Text(Figures.Loss(before?.Loss)),
                new Text(Figures.Loss(worst?.Loss)),
                new Text(rollback.Seconds?.ToString("0.0", CultureInfo.InvariantCulture) ?? "—"));
        }

        return table;
    }
}
