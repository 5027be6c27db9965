using System.Diagnostics;
using MhcOperator.Api.Errors;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Run;

/// <summary>A few words from the model that was just trained.</summary>
internal static class SampleText
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Asks the trainer for a sample and writes it; that it cannot give one is said, and is no failure of the run.</summary>
    /// <param name="host">Where to.</param>
    /// <param name="trainer">The trainer's program.</param>
    /// <param name="checkpoints">Folder of the checkpoints; the newest is taken.</param>
    /// <param name="prompt">Beginning of the text; empty: no sample is asked for.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task WriteAsync(CliHost host, string trainer, string checkpoints, string prompt, CancellationToken cancel)
    {
        if (prompt.Length == 0)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        var start = new ProcessStartInfo(trainer, ["sample", "--checkpoint", checkpoints, "--prompt", prompt])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = host.WorkingFolder,
        };
        try
        {
            using var process = Process.Start(start)!;
            try
            {
                var text = process.StandardOutput.ReadToEndAsync(limit.Token);
                var error = process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                await host.Output.WriteLineAsync(process.ExitCode == 0
                    ? $"A sample:\n{Printable((await text).Trim())}"
                    : PrintableText.Sentence($"No sample: {(await error).Trim()}"));
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await host.Output.WriteLineAsync("No sample: the trainer took too long.");
            }
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            await host.Output.WriteLineAsync($"No sample: {e.Message}");
        }
    }

    /// <summary>A byte-level model can say any byte; a terminal must not obey it.</summary>
    internal static string Printable(string text) =>
        string.Concat(text.ReplaceLineEndings("\n").Select(c => c != '\n' && (char.IsControl(c) || c == '\uFFFD') ? '·' : c));
}
