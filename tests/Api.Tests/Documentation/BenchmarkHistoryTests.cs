using System.Globalization;
using System.Text.RegularExpressions;

namespace Api.Tests.Documentation;

/// <summary>The tables of docs/benchmarks.md that programs made, against bench/history.</summary>
public sealed partial class BenchmarkHistoryTests
{
    private const double Rounding = 6e-4; // four digits are shown
    private static readonly string Root = Repository.Root;

    public static TheoryData<string> Benches() => [.. Blocks().Keys];

    [Theory, MemberData(nameof(Benches))]
    public void A_table_is_that_of_the_newest_run_in_the_history(string bench)
    {
        var runs = File.ReadLines(Path.Combine(Root, "bench", "history", $"{bench}.csv")).Skip(1)
            .Select(Cells).GroupBy(cells => (cells[0], cells[1])).ToList();
        var (date, commit) = runs[^1].Key;
        var lines = Blocks()[bench].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var shown = lines.Skip(3).Select(line => line.Trim('|').Split(" | ").Select(cell => cell.Trim()).ToList()).ToList();

        Assert.StartsWith($"{date[..10]}, commit {commit}, ", lines[0], StringComparison.Ordinal);
        Assert.Equal(runs[^1].Select(cells => cells[8]), shown.Select(cells => cells[0]));
        Assert.All(runs[^1].Zip(shown), pair => AssertSame(pair.First[9], pair.Second[1]));
    }

    [Fact]
    public void Every_program_that_measures_has_its_table()
    {
        var programs = Directory.EnumerateFiles(Path.Combine(Root, "bench"), "*.sh")
            .Where(file => File.ReadLines(file).First().StartsWith("#!", StringComparison.Ordinal))
            .Select(file => Path.GetFileNameWithoutExtension(file)!).Except(["all"], StringComparer.Ordinal);

        Assert.Equal(programs.Order(StringComparer.Ordinal), Blocks().Keys.Order(StringComparer.Ordinal));
    }

    private static void AssertSame(string kept, string shown)
    {
        var (exact, rounded) = (Number(kept), Number(shown.Split(' ')[0]));
        Assert.True(Math.Abs(exact - rounded) <= Rounding * Math.Abs(exact), $"{shown} is shown of {kept}");
    }

    private static double Number(string text) =>
        double.Parse(text.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Blocks() =>
        Block().Matches(File.ReadAllText(Path.Combine(Root, "docs", "benchmarks.md")))
            .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["text"].Value, StringComparer.Ordinal);

    private static IReadOnlyList<string> Cells(string line) =>
        [.. Cell().Matches(line).Select(match => match.Groups["cell"].Value.Trim('"'))];

    [GeneratedRegex(
        "<!-- bench (?<name>[a-z-]+) -->\n(?<text>.*?)<!-- /bench -->",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    private static partial Regex Block();

    [GeneratedRegex("(?<=^|,)(?<cell>\"[^\"]*\"|[^,\"]*)(?=,|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Cell();
}
