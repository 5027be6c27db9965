using System.Globalization;
using MhcOperator.Trainer.Profiling;

namespace MhcOperator.Trainer.Commands;

/// <summary>A <see cref="StepProfile"/> for people and for programs.</summary>
internal static class ProfileTable
{
    private const double ProfileTarget = 0.95;

    /// <summary>One line for each part, the longest first, and one that says how much of the time has a name.</summary>
    public static void Write(string name, StepProfile profile, TextWriter output)
    {
        var culture = CultureInfo.InvariantCulture;
        output.WriteLine(string.Create(culture, $"\n{name}, {profile.SecondsPerStep * 1e3:f1} ms a step, mean of {profile.Steps}"));
        output.WriteLine($"{"part",-45}  {"forward",10}  {"backward",10}  {"share",6}");
        foreach (var part in profile.Parts.GroupBy(p => p.Part, StringComparer.Ordinal).OrderByDescending(p => p.Sum(x => x.Seconds)))
        {
            var share = part.Sum(p => p.Seconds) / profile.SecondsPerStep;
            output.WriteLine(part.Any(p => p.Phase == ProfilePhase.Update)
                ? string.Create(culture, $"{part.Key,-45}  {Milliseconds(part, ProfilePhase.Update),22}  {share,6:p1}")
                : string.Create(culture,
                    $"{part.Key,-45}  {Milliseconds(part, ProfilePhase.Forward),10}  {Milliseconds(part, ProfilePhase.Backward),10}  {share,6:p1}"));
        }

        output.WriteLine(string.Create(culture, $"accounted: {profile.Accounted:p1}"));
    }

    /// <summary>One result for each part and phase, beside the whole step.</summary>
    public static IEnumerable<BenchmarkResult> Results(string name, StepProfile profile)
    {
        var step = profile.SecondsPerStep * 1e3;
        return profile.Parts
            .Select(
                p => new BenchmarkResult($"profile, {name}: {p.Part} ({p.Phase})", p.Seconds * 1e3, "ms", step,
                    p.Seconds * 1e3 / step, null))
            .Append(
                new BenchmarkResult($"profile, {name}: accounted", profile.Accounted * step, "ms", step, profile.Accounted, ProfileTarget));
    }

    private static string Milliseconds(IEnumerable<(string Part, ProfilePhase Phase, double Seconds)> part, ProfilePhase phase) =>
        string.Create(CultureInfo.InvariantCulture, $"{part.Where(p => p.Phase == phase).Sum(p => p.Seconds) * 1e3:f1} ms");
}
