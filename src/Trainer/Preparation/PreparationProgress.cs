using System.Globalization;

namespace MhcOperator.Trainer.Preparation;

/// <summary>A bar that is rewritten on a terminal; elsewhere a plain line every few seconds.</summary>
internal sealed class PreparationProgress(TextWriter writer, bool terminal, long totalBytes, TimeProvider time)
{
    private const int Width = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TerminalPause = TimeSpan.FromMilliseconds(200);

    private readonly long _started = time.GetTimestamp();
    private long? _last;

    /// <summary>Shows how far it is, if the last time was long enough ago or this is the end.</summary>
    public void Show(long bytes, long tokens)
    {
        if (_last is { } last && time.GetElapsedTime(last) < (terminal ? TerminalPause : Pause) && bytes < totalBytes)
        {
            return;
        }

        _last = time.GetTimestamp();
        var text = Format(bytes, tokens);
        writer.Write(terminal ? $"\r{text}\u001b[K{(bytes == totalBytes ? "\n" : "")}" : text + "\n");
        writer.Flush();
    }

    private string Format(long bytes, long tokens)
    {
        var share = totalBytes == 0 ? 1 : (double)bytes / totalBytes;
        var seconds = time.GetElapsedTime(_started).TotalSeconds;
        var bar = terminal ? $"[{new string('#', (int)(share * Width)).PadRight(Width, '.')}] " : "";
        var left = bytes > 0 && bytes < totalBytes ? string.Create(CultureInfo.InvariantCulture, $"  eta {TimeSpan.FromSeconds(Math.Round(seconds * (1 - share) / share)):c}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{bar}{share * 100,3:F0} %  {bytes / 1e6:F1} of {totalBytes / 1e6:F1} MB  {tokens:N0} tokens  {bytes / 1e6 / Math.Max(seconds, 1e-3):F1} MB/s{left}");
    }
}
