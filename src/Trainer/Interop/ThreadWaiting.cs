using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// How long libtorch's threads wait for each other before they let go of the processor. A step has hundreds of parallel loops, so a thread
/// that sleeps at once loses time in each; GCC's OpenMP by default turns 300,000 rounds, which on today's processors are up to 20 ms: where
/// somebody else has work for the core, a thread that waits takes its whole share to do nothing, while the one that it waits for stands in
/// the queue. Between two loops of a step lie microseconds, and a thread that has slept is back after some ten: it turns for about as long
/// as that takes. The runtime reads the setting when it is loaded, which is after this.
/// </summary>
internal static partial class ThreadWaiting
{
    /// <summary>Environment variable of GCC's OpenMP: rounds that a waiting thread turns before it sleeps.</summary>
    public const string Rounds = "GOMP_SPINCOUNT";

    private const string Policy = "OMP_WAIT_POLICY";
    private const int Sample = 2000;

    /// <summary>For this long a thread waits awake.</summary>
    public static TimeSpan Awake { get; } = TimeSpan.FromMicroseconds(50);

    /// <summary>To be called before libtorch is loaded. Whoever has said how to wait is left alone.</summary>
    public static void Choose()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Rounds))
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Policy)))
        {
            _ = SetEnvironment(Rounds, ((long)(Awake.TotalSeconds / SecondsPerRound())).ToString(CultureInfo.InvariantCulture), replace: 1);
        }
    }

    /// <summary>A round is one <c>pause</c>, whose length differs twentyfold between processors: the shortest of some samples.</summary>
    private static double SecondsPerRound()
    {
        var least = double.PositiveInfinity;
        for (var sample = 0; sample < 5; sample++)
        {
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < Sample; i++)
            {
                X86Base.Pause();
            }

            least = Math.Min(least, Stopwatch.GetElapsedTime(began).TotalSeconds / Sample);
        }

        return Math.Max(least, 1e-9);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int replace);
}
