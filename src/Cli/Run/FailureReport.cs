using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Errors;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Run;

/// <summary>Why a job failed: the condition's message, and the end of the log of the pod it speaks of.</summary>
internal static class FailureReport
{
    private const int Lines = 20;
    private const int MaxBytes = 64 << 10;

    /// <summary>Writes it.</summary>
    /// <param name="host">Its error stream is where to.</param>
    /// <param name="job">A failed job.</param>
    /// <param name="runFolder">Its run folder, with <c>logs/POD.log</c>.</param>
    public static void Write(CliHost host, MhcTrainingJob job, string runFolder)
    {
        var output = host.Error;
        var failed = job.Status?.Conditions.FirstOrDefault(c => string.Equals(c.Type, ConditionTypes.Failed, StringComparison.Ordinal));
        output.WriteLine(
            PrintableText.Line($"{job.Metadata.Name} failed: {failed?.Reason ?? "unknown"}: {failed?.Message ?? "no condition says why"}"));
        if (FindLog(job, Path.Combine(runFolder, "logs"), failed?.Message ?? "") is not { } log)
        {
            return;
        }

        var tail = Tail(log);
        output.WriteLine(tail.Count == 0 ? $"{host.ShownPath(log)} is empty" : $"The end of {host.ShownPath(log)}:");
        foreach (var line in tail)
        {
            output.WriteLine($"  {PrintableText.Line(line.Replace("\t", "    ", StringComparison.Ordinal))}");
        }
    }

    // A log can be longer than memory, and one line of it too.
    private static List<string> Tail(string log)
    {
        try
        {
            using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(file.Length, MaxBytes), SeekOrigin.End);
            using var reader = new StreamReader(file);
            return [.. reader.ReadToEnd().TrimEnd('\n').Split('\n').Where(l => l.Length > 0).TakeLast(Lines)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [$"it cannot be read: {e.Message}"];
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
