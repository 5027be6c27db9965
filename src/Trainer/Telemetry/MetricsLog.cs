using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.Api.Json;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>
/// The record of a run: <c>metrics.jsonl</c> in the checkpoint folder, of which nothing is left that a rollback has undone.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly LogFile _file;

    private MetricsLog(LogFile file) => _file = file;

    /// <summary>Lines that could not be written.</summary>
    public int Lost => _file.Lost;

    /// <summary>Opens the record and cuts off what comes after a step; whatever fails is said, and training goes on.</summary>
    /// <param name="folder">Of the checkpoints.</param>
    /// <param name="resumed">Step that training goes on after; 0: it begins.</param>
    /// <param name="warn">Takes lines for people.</param>
    public static MetricsLog Open(string folder, int resumed, Action<string> warn)
    {
        var path = Path.Combine(folder, MetricsLine.FileName);
        try
        {
            Clear(path);
            CutBack(path, resumed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warn($"{path} keeps lines of steps after {resumed}, from which training goes on: {e.Message}");
        }

        return new MetricsLog(new LogFile(path, warn));
    }

    /// <summary>Appends an update.</summary>
    public void Write(MetricsLine line) => _file.Write(JsonSerializer.Serialize(line, ApiJsonContext.Default.MetricsLine));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>In a folder that somebody else has filled, nothing is written through a link, and no pipe is waited for.</summary>
    private static void Clear(string path)
    {
        try
        {
            RegularFile.OpenRead(path).Dispose();
        }
        catch (FileNotFoundException)
        {
            return;
        }
        catch (InvalidDataException)
        {
            File.Delete(path);
        }
    }

    /// <summary>The first whole line of a later step ends the file; a torn one tells nothing, and goes where it is the last.</summary>
    private static void CutBack(string path, int resumed)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var (line, keep) = (new List<byte>(), 0L);
        var buffer = new byte[1 << 16];
        for (var count = stream.Read(buffer); count > 0; count = stream.Read(buffer))
        {
            foreach (var value in buffer.AsSpan(0, count))
            {
                line.Add(value);
                if (value != '\n')
                {
                    continue;
                }

                if (StepOf([.. line]) > resumed)
                {
                    stream.SetLength(keep);
                    return;
                }

                keep += line.Count;
                line.Clear();
            }
        }

        stream.SetLength(keep);
    }

    private static int StepOf(byte[] line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ApiJsonContext.Default.MetricsLine)?.Step ?? 0;
        }
        catch (JsonException)
        {
            return 0;
        }
    }
}
