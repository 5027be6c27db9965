using System.Text;
using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Wait before a restart: doubles from the initial to the maximum, and is then lengthened by up to a fifth, so that jobs that failed
/// together do not come back together. The lengthening is a hash of the job and the attempt: the same on every look.
/// </summary>
internal static class Backoff
{
    private const double Jitter = 0.2;

    /// <param name="spec">Limits in seconds.</param>
    /// <param name="restarts">Restarts so far, this one included; at least 1.</param>
    /// <param name="uid">Of the job.</param>
    /// <param name="attempt">That is about to be made.</param>
    /// <param name="spread">By how much longer it may be, by the same hash.</param>
    public static TimeSpan Wait(BackoffSpec spec, int restarts, string uid, int attempt, TimeSpan spread = default)
    {
        var wait = ExponentialBackoff.Delay(restarts - 1, TimeSpan.FromSeconds(spec.InitialSeconds),
            TimeSpan.FromSeconds(spec.MaximumSeconds));
        return wait + (((wait * Jitter) + spread) * Fraction($"{uid}/{attempt}"));
    }

    /// <summary>FNV-1a, brought to [0, 1).</summary>
    private static double Fraction(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        // The low bits of FNV change least with the last character, so all are folded together.
        hash ^= hash >> 32;
        return (hash & 0xFFFFFF) / (double)0x1000000;
    }
}
