using System.Text;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>
/// A file of lines for people and their tools, to which a restarted trainer appends. Training never ends of it: a line that cannot be
/// written is left out and counted, the first is said, and the next is tried again. A line is whole or is followed by a new one.
/// </summary>
/// <param name="path">File to append to.</param>
/// <param name="warn">Is told of the first line that is lost.</param>
internal sealed class LogFile(string path, Action<string> warn) : IDisposable
{
    private FileStream? _stream;
    private bool _torn;

    /// <summary>Lines that could not be written.</summary>
    public int Lost { get; private set; }

    /// <summary>Appends a line.</summary>
    public void Write(string line)
    {
        try
        {
            _stream ??= Open();
            // At once: what was written before a crash is there.
            _stream.Write(Encoding.UTF8.GetBytes(_torn ? $"\n{line}\n" : line + "\n"));
            _torn = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            _torn = true;
            if (++Lost == 1)
            {
                warn($"{path} misses lines from here on, and training goes on without: {e.Message}");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream?.Dispose();

    private FileStream Open()
    {
        var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (stream.CanSeek && stream.Length > 0)
        {
            using var end = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            Span<byte> last = [0];
            _ = RandomAccess.Read(end, last, RandomAccess.GetLength(end) - 1);
            _torn |= last[0] != (byte)'\n';
        }

        return stream;
    }
}
