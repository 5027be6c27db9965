using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>
/// Lines for people: one that is rewritten on a terminal, plain ones elsewhere, and never more than a few a minute of the same kind.
/// Training never ends of them: what cannot be written, to a full disk or a reader that has left, is counted, and the first is said
/// elsewhere.
/// </summary>
/// <param name="writer">Where they go.</param>
/// <param name="terminal">Whether a person looks on.</param>
/// <param name="time">Clock.</param>
/// <param name="elsewhere">Where it is said that no more come; null: nowhere.</param>
internal sealed class ProgressPrinter(TextWriter writer, bool terminal, TimeProvider time, TextWriter? elsewhere = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _turn = new();
    private long? _last;
    private bool _open;

    /// <summary>What could not be written.</summary>
    public int Lost { get; private set; }

    /// <summary>A line on its own.</summary>
    public void Line(string text)
    {
        lock (_turn)
        {
            Write(_open ? $"\n{text}\n" : text + "\n");
            _open = false;
        }
    }

    /// <summary>A line that matters more.</summary>
    public void Warn(string text) => Line($"warning: {text}");

    /// <summary>The progress, if the last one was shown long enough ago, or if this is the last.</summary>
    public void Progress(TrainerStatus status)
    {
        lock (_turn)
        {
            if (_last is { } last && time.GetElapsedTime(last) < Pause && status.Step != status.TotalSteps)
            {
                return;
            }

            _last = time.GetTimestamp();
            Write(terminal ? $"\r{Format(status)}\u001b[K" : Format(status) + "\n");
            _open = terminal;
        }
    }

    /// <summary>One line that says how training goes.</summary>
    public static string Format(TrainerStatus status)
    {
        var gain = status.Gain is { } g ? string.Create(CultureInfo.InvariantCulture, $"  gain {g.Forward:F3}/{g.Backward:F3}") : "";
        var gap = status.Gap is { } d ? string.Create(CultureInfo.InvariantCulture, $"  gap {d.Row:F3}/{d.Column:F3}") : "";
        var eta = status.EtaSeconds is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $"  eta {Times.Seconds(Math.Round(seconds)):c}") : "";
        var loss = status.Loss is { } value ? value.ToString("F4", CultureInfo.InvariantCulture) : "not finite";
        var validation = status.ValidationLoss is { } measured
            ? string.Create(CultureInfo.InvariantCulture, $"  validation {measured:F4}") : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"step {status.Step}/{status.TotalSteps}  loss {loss}{validation}  {status.TokensPerSecond:F0} tok/s{gain}{gap}  lr {status.LearningRate:E2}{eta}");
    }

    private void Write(string text)
    {
        try
        {
            writer.Write(text);
            writer.Flush();
        }
        catch (Exception e) when (IsTrouble(e))
        {
            if (++Lost == 1 && elsewhere is not null)
            {
                Say(elsewhere, $"warning: standard output takes no more, and training goes on without: {e.Message}\n");
            }
        }
    }

    private static void Say(TextWriter elsewhere, string text)
    {
        try
        {
            elsewhere.Write(text);
            elsewhere.Flush();
        }
        catch (Exception e) when (IsTrouble(e))
        {
            // Nobody listens there either.
        }
    }

    private static bool IsTrouble(Exception e) => e is IOException or UnauthorizedAccessException or ObjectDisposedException;
}
