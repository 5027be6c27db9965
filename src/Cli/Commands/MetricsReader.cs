using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.Api.Json;

namespace MhcOperator.Cli.Commands;

/// <summary>Reads the record that a trainer keeps of its run, also while it is written.</summary>
internal static class MetricsReader
{
    /// <summary>
    /// The updates that made the weights there are, in order. A line that is torn tells nothing. A later attempt undoes what comes after
    /// the step that it began with, also where it could not cut it off, and what a process of an older attempt still wrote beside it. A
    /// line of an attempt that no job makes tells nothing either: one would hide all that come after it.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="cancel">Stops.</param>
    /// <returns>The updates, and how many lines before the last, which may still be written, are none.</returns>
    /// <exception cref="InvalidDataException">It is no regular file.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static async Task<(IReadOnlyList<MetricsLine> Lines, int Unreadable)> ReadAsync(string path, CancellationToken cancel)
    {
        var lines = new List<MetricsLine>();
        var (newest, unreadable, torn) = ((0L, 0), 0, false);
        await using var stream = RegularFile.OpenRead(path);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancel) is { } text)
        {
            unreadable += torn ? 1 : 0;
            var read = Parse(text);
            torn = read is null;
            if (read is not { } line || Age(line).CompareTo(newest) < 0)
            {
                continue;
            }

            newest = Age(line);
            while (lines is [.., var last] && last.Step >= line.Step)
            {
                lines.RemoveAt(lines.Count - 1);
            }

            lines.Add(line);
        }

        return (lines, unreadable);
    }

    /// <summary>The next job on a folder begins with attempt 1 again.</summary>
    private static (long, int) Age(MetricsLine line) => (line.JobSince ?? 0, line.Attempt);

    private static MetricsLine? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ApiJsonContext.Default.MetricsLine) is { Step: > 0 } line
                && TrainerEnvironment.IsAttempt(line.Attempt) && TrainerEnvironment.IsJobSince(line.JobSince ?? 0)
                ? Clean(line)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Whoever wrote the file: a spreadsheet and a terminal get numbers that are finite, and a word of letters.
    private static MetricsLine Clean(MetricsLine line) => line with
    {
        JobSince = line.JobSince is 0 ? null : line.JobSince,
        Loss = Finite(line.Loss),
        ValidationLoss = Finite(line.ValidationLoss),
        GradientNorm = Finite(line.GradientNorm),
        GainForward = Finite(line.GainForward),
        GainBackward = Finite(line.GainBackward),
        GapRow = Finite(line.GapRow),
        GapColumn = Finite(line.GapColumn),
        LearningRate = Finite(line.LearningRate) ?? 0,
        TokensPerSecond = Finite(line.TokensPerSecond) ?? 0,
        StabilityState = string.Concat((line.StabilityState ?? "").Where(char.IsAsciiLetter)),
    };

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
