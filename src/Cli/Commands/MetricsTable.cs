using System.Globalization;
using MhcOperator.Api.Contract;
using MhcOperator.Cli.Terminal;
using Spectre.Console;

namespace MhcOperator.Cli.Commands;

/// <summary>The record as people read it: CSV for their tools, and a few rows for themselves.</summary>
internal static class MetricsTable
{
    private const int Rows = 24;

    private static readonly (string Name, Func<MetricsLine, string> Value)[] Columns =
    [
        ("attempt", l => Number(l.Attempt)),
        ("step", l => Number(l.Step)),
        ("dataStep", l => Number(l.DataStep)),
        ("tokens", l => Number(l.Tokens)),
        ("time", l => l.Time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)),
        ("loss", l => Number(l.Loss)),
        ("validationLoss", l => Number(l.ValidationLoss)),
        ("gradientNorm", l => Number(l.GradientNorm)),
        ("learningRate", l => Number(l.LearningRate)),
        ("gainForward", l => Number(l.GainForward)),
        ("gainBackward", l => Number(l.GainBackward)),
        ("gapRow", l => Number(l.GapRow)),
        ("gapColumn", l => Number(l.GapColumn)),
        ("tokensPerSecond", l => Number(l.TokensPerSecond)),
        ("stabilityState", l => l.StabilityState),
        ("skipped", l => l.Skipped ? "1" : "0"),
    ];

    /// <summary>One line of names, then one for each update; empty where a value is not there.</summary>
    public static async Task WriteCsvAsync(IReadOnlyList<MetricsLine> lines, TextWriter writer)
    {
        await writer.WriteAsync(string.Join(',', Columns.Select(c => c.Name)) + "\n");
        foreach (var line in lines)
        {
            await writer.WriteAsync(string.Join(',', Columns.Select(c => c.Value(line))) + "\n");
        }
    }

    /// <summary>Rows spread over the run, the last one in any case; between two rows losses are averaged.</summary>
    public static Table Of(IReadOnlyList<MetricsLine> lines)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var name in (string[])["step", "tokens", "loss", "validation", "gradient", "rate", "tokens/s"])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        table.AddColumn("state");
        var rows = Math.Min(Rows, lines.Count);
        for (var row = 0; row < rows; row++)
        {
            var part = lines.Skip(lines.Count * row / rows).Take((lines.Count * (row + 1) / rows) - (lines.Count * row / rows)).ToList();
            var last = part[^1];
            table.AddRow(
                new Text(Number(last.Step)),
                new Text(Figures.Whole(last.Tokens)),
                new Text(Figures.Loss(part.Average(l => l.Loss))),
                new Text(Figures.Loss(part.FindLast(l => l.ValidationLoss is not null)?.ValidationLoss)),
                new Text(Figures.Short(part.Average(l => l.GradientNorm))),
                new Text(last.LearningRate.ToString("0.00E+0", CultureInfo.InvariantCulture)),
                new Text(Figures.Whole(last.TokensPerSecond)),
                new Text(string.Join(", ", part.Select(l => l.StabilityState).Distinct(StringComparer.Ordinal))));
        }

        return table;
    }

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
