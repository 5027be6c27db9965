using System.Globalization;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// Calls back when another process is gone. It is asked for twice a second: the kernel tells only of a direct parent's thread.
/// </summary>
internal sealed class ParentWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly ITimer _timer;

    /// <param name="process">Process to watch.</param>
    /// <param name="gone">Called, perhaps more than once, when it has ended.</param>
    /// <param name="time">Clock.</param>
    public ParentWatch(int process, Action gone, TimeProvider time) => _timer = time.CreateTimer(
        _ =>
        {
            if (!IsAlive(process))
            {
                gone();
            }
        },
        state: null,
        Interval,
        Interval);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Whether a process exists and is more than an entry that nobody has collected.</summary>
    public static bool IsAlive(int process)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            // The name in parentheses may hold anything; the state follows the last one.
            var state = stat[stat.LastIndexOf(')')..].Split(' ')[1];
            return state is not ("Z" or "X");
        }
        catch (IOException)
        {
            return false;
        }
    }
}
