using MhcOperator.Api;

namespace MhcOperator.Operator.Runtime;

/// <summary>Waits that double from the first to the longest, each drawn from the upper half so that clients spread out.</summary>
internal sealed class RetryDelay(TimeSpan first, TimeSpan longest, Random random)
{
    private int _failures;

    /// <summary>The next wait: at least half of the undisturbed one, never longer than the longest.</summary>
    public TimeSpan Next() => ExponentialBackoff.Delay(_failures++, first, longest) * (0.5 + (random.NextDouble() / 2));

    /// <summary>The next wait is the first again.</summary>
    public void Reset() => _failures = 0;
}
