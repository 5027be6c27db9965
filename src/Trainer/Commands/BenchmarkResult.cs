namespace MhcOperator.Trainer.Commands;

/// <summary>One line of a benchmark's table.</summary>
/// <param name="Metric">what was measured</param>
/// <param name="Value">its median</param>
/// <param name="Unit">of value and baseline</param>
/// <param name="Baseline">what it was compared with in the same run</param>
/// <param name="Ratio">how many times better than the baseline; with <paramref name="AtMost"/>, how many times the baseline</param>
/// <param name="Target">least ratio that is wanted, or the largest; null: nothing is wanted</param>
/// <param name="AtMost">whether the target is the largest ratio</param>
internal sealed record BenchmarkResult(string Metric, double Value, string Unit, double Baseline, double Ratio, double? Target,
    bool AtMost = false)
{
    public bool Met => Target is not { } target || (AtMost ? Ratio <= target : Ratio >= target);
}
