using System.CommandLine;
using System.Globalization;
using MhcOperator.Cli.Files;
using MhcOperator.Cli.Terminal;
using Spectre.Console;

namespace MhcOperator.Cli.Commands;

/// <summary><c>mhc checkpoints</c>: what there is to go back to.</summary>
internal static class CheckpointsCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliHost host)
    {
        var place = new Argument<string>(
            "RUN")
        { Description = "A checkpoint folder, a run folder, or the name of a job that ran here (then its newest run)." };
        var hash = new Option<bool>(
            "--hash")
        { Description = "Also read every file and compare its SHA-256; exit code 1 where one is broken." };
        var command = new Command("checkpoints", "List the checkpoints of a run on this machine.") { place, hash };
        command.SetAction((parsed, cancel) => RunAsync(host, parsed.GetRequiredValue(place), parsed.GetValue(hash), cancel));
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, string place, bool hash, CancellationToken cancel)
    {
        var folder = Find(host, place);
        var entries = await CheckpointReader.ReadAsync(folder, hash, cancel);
        if (entries.Count == 0)
        {
            await host.Output.WriteLineAsync($"{place} has no checkpoint yet");
            return CliExitCode.Ok;
        }

        Tabulate(host.OpenConsole(), entries);
        return hash && entries.Any(e => e.Health == CheckpointReader.Broken) ? CliExitCode.Failed : CliExitCode.Ok;
    }

    /// <summary>The checkpoint folder that a command's RUN stands for.</summary>
    /// <exception cref="CliException">There is none.</exception>
    internal static string Find(CliHost host, string place)
    {
        var candidates = new List<string> { host.FullPath(place) };
        if (!place.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) && RunFolder.Newest(host, place) is { } run)
        {
            candidates.Add(run);
        }

        var folder = candidates.Find(Directory.Exists)
            ?? throw new CliException($"{place}: expected a checkpoint folder, a run folder, or the name of a job that ran in this folder");
        var inside = Path.Combine(folder, "checkpoints");
        return Directory.Exists(inside) ? inside : folder;
    }

    private static void Tabulate(IAnsiConsole console, IReadOnlyList<CheckpointEntry> entries) => Records.Write(
        console,
        "",
        [
            ("step", true), ("health", false), ("attempt", false), ("ranks", false), ("tokens", true), ("loss", true), ("validation", true),
            ("size", true),
            ("saved", false), ("why", false),
        ],
        entries.Select(entry => new[]
        {
            entry.Step.ToString(CultureInfo.InvariantCulture),
            entry.Health,
            entry.Attempt?.ToString(CultureInfo.InvariantCulture) ?? "—",
            entry.Ranks?.ToString(CultureInfo.InvariantCulture) ?? "—",
            entry.Tokens is { } tokens ? Figures.Whole(tokens) : "—",
            Figures.Loss(entry.Loss),
            Figures.Loss(entry.ValidationLoss),
            Figures.Size(entry.Bytes),
            entry.SavedAt?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "—",
            entry.Reason,
        }));
}
