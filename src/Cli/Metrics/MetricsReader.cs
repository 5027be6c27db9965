using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Cli.Metrics;

/// <summary>Reads the record that a trainer keeps of its run, also while it is written.</summary>
internal static class MetricsReader
{
    /// <summary>
    /// The updates that made the weights there are, in order. A line that is torn tells nothing. A later attempt undoes what comes after the
    /// step that it began with, also where it could not cut it off, and what a process of an older attempt still wrote beside it.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="cancel">Stops.</param>
    public static async Task<IReadOnlyList<MetricsLine>> ReadAsync(string path, CancellationToken cancel)
    {
        var lines = new List<MetricsLine>();
        var newest = 0;
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancel) is { } text)
        {
            if (Parse(text) is not { } line || line.Attempt < newest)
            {
                continue;
            }

            newest = line.Attempt;
            while (lines is [.., var last] && last.Step >= line.Step)
            {
                lines.RemoveAt(lines.Count - 1);
            }

            lines.Add(line);
        }

        return lines;
    }

    private static MetricsLine? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ApiJsonContext.Default.MetricsLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
