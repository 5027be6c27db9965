using System.Text.RegularExpressions;

namespace Api.Tests.Architecture;

/// <summary>
/// A plan follows from what was observed and the time that it is given, so that the same plan comes out wherever and whenever it is made.
/// </summary>
public sealed partial class PlanningTests
{
    [Fact]
    public void Planning_reads_no_clock_draws_no_chance_and_does_no_input_or_output() =>
        Assert.Empty(SourceFile.Below("src").SelectMany(file => Impurities(file.Path, file.Text)));

    [Theory]
    [InlineData("var now = DateTimeOffset.UtcNow;")]
    [InlineData("var jitter = Random.Shared.NextDouble();")]
    [InlineData("var id = Guid.NewGuid();")]
    [InlineData("var text = File.ReadAllText(path);")]
    [InlineData("var name = Environment.GetEnvironmentVariable(\"X\");")]
    [InlineData("private readonly TimeProvider _time;")]
    public void What_does_is_found(string line)
    {
        Assert.Single(Impurities("Operator/Planning/Policies/Planted.cs", line));
        Assert.Empty(Impurities("Operator/Execution/Planted.cs", line));
    }

    [GeneratedRegex(
        @"\b(DateTime(Offset)?\.(Now|UtcNow|Today)|Random|Guid\.NewGuid|Stopwatch|TimeProvider|(Environment|File|Directory)\.\w+|HttpClient|Thread|Task)\b",
        RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Impure { get; }

    private static IEnumerable<string> Impurities(string path, string text) =>
        path.StartsWith("Operator/Planning/", StringComparison.Ordinal)
        ? text.Split('\n').Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .SelectMany(line => Impure.Matches(line)).Select(match => $"{path}: {match.Value}")
        : [];
}
