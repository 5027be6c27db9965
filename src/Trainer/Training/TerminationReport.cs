using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// The last words of a trainer: one line of JSON in the file that Kubernetes shows as the container's termination message.
/// </summary>
internal static class TerminationReport
{
    /// <summary>The line: the verdict where there is one, else reason and message.</summary>
    public static string Render(TrainerException failure) => failure.Verdict is { } verdict
        ? JsonSerializer.Serialize(verdict, ApiJsonContext.Default.Verdict)
        : JsonSerializer.Serialize(new TerminationMessage(failure.Reason, failure.Message), ApiJsonContext.Default.TerminationMessage);

    /// <summary>The line of rank 0 after the last step, which nobody may have asked for before it ends.</summary>
    public static string Render(TrainerStatus last) => JsonSerializer.Serialize(last, ApiJsonContext.Default.TrainerStatus);

    /// <summary>Writes the line; where there is no such file, as outside a container, the log has to do.</summary>
    public static void Write(string path, string line, Action<string> log)
    {
        try
        {
            File.WriteAllText(path, line + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"no termination message at {path}: {e.Message}");
        }
    }
}
