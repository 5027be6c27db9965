using System.Globalization;
using System.Text;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>
/// Where this process stands, in text: what training is at and since when, and each thread with its state, its processor time and the
/// kernel function that it waits in (proc(5)). The stacks of managed threads cannot be had from within; what they wait for mostly can be
/// told from these.
/// </summary>
internal static class ThreadDump
{
    private const string Threads = "/proc/self/task";
    private const double TicksPerSecond = 100; // USER_HZ, the same on all Linux architectures that .NET runs on

    /// <summary>Describes it.</summary>
    /// <param name="who">This rank.</param>
    /// <param name="why">Who asks.</param>
    /// <param name="activity">What training is at.</param>
    /// <param name="now">The time.</param>
    public static string Of(string who, string why, ActivityBoard.Activity activity, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"--- {why}: where {who} is at {now.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"training: step {activity.Step}, {activity.What} for {(now - activity.Since).TotalSeconds:0.0} s\n");
        foreach (var thread in Directory.EnumerateDirectories(Threads).Order(StringComparer.Ordinal))
        {
            text.Append(Describe(thread)).Append('\n');
        }

        return text.Append("---").ToString();
    }

    private static string Describe(string thread)
    {
        var id = Path.GetFileName(thread);
        try
        {
            var stat = File.ReadAllText(Path.Combine(thread, "stat"));
            var name = stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')];
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // the third field of proc(5) and on
            var seconds = (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12],
                CultureInfo.InvariantCulture)) / TicksPerSecond;
            return string.Create(CultureInfo.InvariantCulture,
                $"thread {id} {name}: {fields[0]}, {seconds:0.00} s of processor time{Waiting(thread)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentOutOfRangeException
            or IndexOutOfRangeException)
        {
            return $"thread {id} has ended";
        }
    }

    private static string Waiting(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "wchan")) is { Length: > 1 } function ? $", waits in {function}" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // the kernel may keep it to itself
        }
    }
}
