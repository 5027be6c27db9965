using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Validation;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Run;

/// <summary>Why a job failed: the condition's message, and the end of the log of the pod it speaks of.</summary>
internal static class FailureReport
{
    private const int Lines = 20;

    /// <summary>Writes it.</summary>
    /// <param name="host">Its error stream is where to.</param>
    /// <param name="job">A failed job.</param>
    /// <param name="runFolder">Its run folder, with <c>logs/POD.log</c>.</param>
    public static void Write(CliHost host, MhcTrainingJob job, string runFolder)
    {
        var output = host.Error;
        var failed = job.Status?.Conditions.FirstOrDefault(c => string.Equals(c.Type, ConditionTypes.Failed, StringComparison.Ordinal));
        output.WriteLine(PrintableText.Line($"{job.Metadata.Name} failed: {failed?.Reason ?? "unknown"}: {failed?.Message ?? "no condition says why"}"));
        if (FindLog(job, Path.Combine(runFolder, "logs"), failed?.Message ?? "") is not { } log)
        {
            return;
        }

        var tail = File.ReadLines(log).TakeLast(Lines).ToList();
        output.WriteLine(tail.Count == 0 ? $"{host.ShownPath(log)} is empty" : $"The end of {host.ShownPath(log)}:");
        foreach (var line in tail)
        {
            output.WriteLine($"  {PrintableText.Line(line.Replace("\t", "    ", StringComparison.Ordinal))}");
        }
    }

    private static string? FindLog(MhcTrainingJob job, string folder, string message)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var logs = Directory.EnumerateFiles(folder, "*.log").Order(StringComparer.Ordinal).ToList();
        var attempt = string.Create(CultureInfo.InvariantCulture, $"{job.Metadata.Name}-{job.Status?.Attempt ?? 1}-");
        var named = message.Replace(", init container ", "-", StringComparison.Ordinal)
            .Replace(", container ", "-", StringComparison.Ordinal);
        return logs.Where(l => named.Contains(Path.GetFileNameWithoutExtension(l), StringComparison.Ordinal)).MaxBy(l => l.Length)
            ?? logs.Find(l => Path.GetFileName(l).StartsWith(attempt, StringComparison.Ordinal))
            ?? logs.LastOrDefault();
    }
}
