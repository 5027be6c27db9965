using System.CommandLine;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Commands;

/// <summary><c>mhc metrics</c>: how a run went, update by update.</summary>
internal static class MetricsCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliHost host)
    {
        var place = new Argument<string>(
            "RUN")
        { Description = "A checkpoint folder, a run folder, or the name of a job that ran here (then its newest run)." };
        var csv = new Option<bool>("--csv") { Description = "Print every update, as comma-separated values." };
        var board = new Option<string?>(
            "--tensorboard")
        { Description = "Also write the curves into this folder, as TensorBoard reads them.", HelpName = "FOLDER" };
        var command = new Command("metrics",
            "Show the record of a run on this machine: loss, gradient norm, rate and speed by step.") { place, csv, board };
        command.SetAction(
            (parsed, cancel) => RunAsync(host, parsed.GetRequiredValue(place), parsed.GetValue(csv), parsed.GetValue(board), cancel));
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, string place, bool csv, string? board, CancellationToken cancel)
    {
        var file = Path.Combine(CheckpointsCommand.Find(host, place), MetricsLine.FileName);
        var (lines, unreadable) = await ReadAsync(host, place, file, cancel);
        if (unreadable > 0)
        {
            await host.Error.WriteLineAsync(
                $"{host.ShownPath(file)}: {Counted.Of(unreadable, "line")} cannot be read, and {(unreadable == 1 ? "is" : "are")} left out");
        }

        if (board is not null)
        {
            await host.Error.WriteLineAsync($"written: {host.ShownPath(Export(host, lines, board))}");
        }

        if (csv)
        {
            await MetricsTable.WriteCsvAsync(lines, host.Output);
        }
        else if (lines.Count == 0)
        {
            await host.Output.WriteLineAsync($"{place} has no update yet");
        }
        else
        {
            host.OpenConsole().Write(MetricsTable.Of(lines));
        }

        return CliExitCode.Ok;
    }

    private static async Task<(IReadOnlyList<MetricsLine> Lines, int Unreadable)> ReadAsync(CliHost host, string place, string file,
        CancellationToken cancel)
    {
        try
        {
            return await MetricsReader.ReadAsync(file, cancel);
        }
        catch (FileNotFoundException)
        {
            throw new CliException(
                $"{place}: there is no {host.ShownPath(file)}; mhc-trainer writes it from its first update on, other trainers need not");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new CliException($"{place}: {e.Message}");
        }
    }

    private static string Export(CliHost host, IReadOnlyList<MetricsLine> lines, string board)
    {
        var folder = host.FullPath(board);
        // TensorBoard takes the files of a folder together: one that is written again takes the place of the one before.
        var file = Path.Combine(folder, "events.out.tfevents.0000000000.mhc");
        try
        {
            Directory.CreateDirectory(folder);
            using var stream = new BufferedStream(File.Create(file));
            TensorBoardFile.Write(lines, stream);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--tensorboard {board}: {e.Message}");
        }
    }
}
