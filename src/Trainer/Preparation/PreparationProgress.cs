using System.Globalization;
using MhcOperator.Api;

namespace MhcOperator.Trainer.Preparation;

/// <summary>
/// A bar that is rewritten on a terminal; elsewhere a plain line every few seconds, whether anything was done in them or not. Can be used
/// by many threads.
/// </summary>
internal sealed class PreparationProgress : IDisposable
{
    private const int Width = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TerminalPause = TimeSpan.FromMilliseconds(200);

    private readonly TextWriter _writer;
    private readonly bool _terminal;
    private readonly long? _totalBytes;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private long _bytes;
    private long _tokens;
    private bool _ended;

    /// <param name="writer">Where to.</param>
    /// <param name="terminal">Whether a line can be rewritten there.</param>
    /// <param name="totalBytes">Of all texts; null where that is not known before they end.</param>
    /// <param name="time">Clock.</param>
    public PreparationProgress(TextWriter writer, bool terminal, long? totalBytes, TimeProvider time)
    {
        (_writer, _terminal, _totalBytes, _time, _started) = (writer, terminal, totalBytes, time, time.GetTimestamp());
        var pause = terminal ? TerminalPause : Pause;
        _timer = time.CreateTimer(_ => Show(last: false), state: null, pause, pause);
    }

    /// <summary>Counts what is done.</summary>
    public void Add(long bytes, long tokens)
    {
        lock (_lock)
        {
            (_bytes, _tokens) = (_bytes + bytes, _tokens + tokens);
        }
    }

    /// <summary>Shows the end.</summary>
    public void End() => Show(last: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
        }

        _timer.Dispose();
    }

    private void Show(bool last)
    {
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            _ended = last;
            try
            {
                _writer.Write(_terminal ? $"\r{Format()}\u001b[K{(last ? "\n" : "")}" : Format() + "\n");
                _writer.Flush();
            }
            catch (IOException)
            {
                _ended = true; // nobody can see it, and the work goes on
            }
        }
    }

    private string Format()
    {
        var seconds = _time.GetElapsedTime(_started).TotalSeconds;
        var done = string.Create(CultureInfo.InvariantCulture, $"{_tokens:N0} tokens  {_bytes / 1e6 / Math.Max(seconds, 1e-3):F1} MB/s");
        if (_totalBytes is not { } total)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{_bytes / 1e6:F1} MB  {done}");
        }

        var share = total == 0 ? 1 : Math.Min(1, (double)_bytes / total);
        var bar = _terminal ? $"[{new string('#', (int)(share * Width)).PadRight(Width, '.')}] " : "";
        var left = _bytes > 0
            && _bytes < total
            ? string.Create(CultureInfo.InvariantCulture, $"  eta {Times.Seconds(Math.Round(seconds * (1 - share) / share)):c}")
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{bar}{share * 100,3:F0} %  {_bytes / 1e6:F1} of {total / 1e6:F1} MB  {done}{left}");
    }
}
