using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Commands;

/// <summary>bench/render.py, which puts what benchmarks wrote into docs/benchmarks.md and bench/history.</summary>
public sealed class BenchmarkTablesTests : IDisposable
{
    private const string Conditions = """
        "date": "2026-11-29T10:20:30Z", "commit": "0123456789ab", "machine": "A processor", "instructions": "AVX2", "processors": 2,
        "memoryGiB": 24, "load": 0.5
        """;

    private const string Rows = """
        [{"metric": "a | b", "value": 0.28, "unit": "ms", "baseline": 26.27, "ratio": 93.8214, "target": 40, "met": true},
         {"metric": "bytes", "value": 123456, "unit": "B", "baseline": null, "ratio": null, "target": null, "met": null},
         {"metric": "slow", "value": 1234.5, "unit": "s", "baseline": 1000, "ratio": 1.2345, "target": 1.067, "met": false}]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_table_takes_the_place_of_the_one_before_and_all_other_text_stays()
    {
        Write("one.json", Run(Rows, "ROUNDS=3"));
        Write(
            "doc.md",
            "# Title\n\nBefore.\n\n<!-- bench one -->\nold\n<!-- /bench -->\n\nBetween.\n\n"
            + "<!-- bench two -->\nkept\n<!-- /bench -->\nAfter.\n");

        var (exit, output) = Render("one");

        Assert.True(exit == 0, output);
        var lines = Document().Split('\n');
        Assert.Equal(["# Title", "", "Before.", "", "<!-- bench one -->"], lines[..5]);
        Assert.Equal(
            "2026-11-29, commit 0123456789ab, A processor (AVX2), 2 processors, 24 GiB, load 0.5, `ROUNDS=3 make bench-one`:", lines[5]);
        Assert.Equal(
            [
                "",
                "|  | measured | compared with | ratio | target |",
                "|---|---|---|---|---|",
                @"| a \| b | 0.28 ms | 26.27 ms | 93.82 | 40, met |",
                "| bytes | 123,456 B |  |  |  |",
                "| slow | 1,234 s | 1,000 s | 1.234 | 1.067, **missed** |",
                "",
                "<!-- /bench -->",
                "",
                "Between.",
                "",
                "<!-- bench two -->",
                "kept",
                "<!-- /bench -->",
                "After.",
                "",
            ],
            lines[6..]);
    }

    [Fact]
    public void A_benchmark_without_a_place_gets_one_at_the_end_and_the_same_one_the_next_time()
    {
        Write("new.json", Run(Row("hangs", 0, "gangs", "0")));
        Write("doc.md", "# Title\n");

        Render("new");
        var once = Document();
        Render("new");

        Assert.StartsWith("# Title\n\n## new\n\n<!-- bench new -->\n", once, StringComparison.Ordinal);
        Assert.Contains("|  | measured | target |\n|---|---|---|\n| hangs | 0 gangs | 0, met |\n", once, StringComparison.Ordinal);
        Assert.Equal(once, Document());
    }

    [Fact]
    public void A_column_that_no_row_fills_is_left_out()
    {
        Write("plain.json", Run(Row("step", 7, "ms", "null")));
        Write("doc.md", "# Title\n");

        Render("plain");

        Assert.Contains("|  | measured |\n|---|---|\n| step | 7 ms |\n", Document(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_history_has_each_run_once_with_its_conditions()
    {
        Write("one.json", Run(Rows));
        Write("doc.md", "# Title\n");

        Render("one");
        Render("one");
        Write("one.json", Run(Rows).Replace("10:20:30", "11:20:30", StringComparison.Ordinal));
        Render("one");

        var lines = File.ReadAllLines(_folder.File("history/one.csv"));
        Assert.Equal("date,commit,machine,instructions,processors,memoryGiB,load,settings,metric,value,unit,baseline", lines[0]);
        Assert.Equal("2026-11-29T10:20:30Z,0123456789ab,A processor,AVX2,2,24,0.5,,bytes,123456,B,", lines[2]);
        Assert.Equal((7, 3), (lines.Length, lines.Count(line => line.StartsWith("2026-11-29T11:20:30Z,", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("[]", "a run with rows was expected")]
    [InlineData("""{"rows": [{}]}""", "the run has no date, commit, machine, instructions, processors, memoryGiB, load, settings")]
    [InlineData(
        """
        {"date": "", "commit": "", "machine": "", "instructions": "", "processors": 1, "memoryGiB": 1, "load": 0, "settings": "",
         "rows": [{"metric": "a", "value": 1}]}
        """,
        "a row has no unit, baseline, ratio, target, met")]
    [InlineData("not json", "bad")]
    [InlineData(null, "No such file")]
    public void What_is_no_result_is_named_and_changes_nothing(string? content, string message)
    {
        const string before = "# Title\n\n<!-- bench bad -->\nold\n<!-- /bench -->\n";
        Write("doc.md", before);
        if (content is not null)
        {
            Write("bad.json", content);
        }

        var (exit, output) = Render("bad");

        Assert.Equal(1, exit);
        Assert.Contains("render.py: bad: ", output, StringComparison.Ordinal);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.Equal(before, Document());
        Assert.False(Directory.Exists(_folder.File("history")));
    }

    private static string Run(string rows, string settings = "") =>
        $$"""{ {{Conditions}}, "settings": "{{settings}}", "rows": {{rows}} }""";

    private static string Row(string metric, int value, string unit, string target) => $$"""
        [{"metric": "{{metric}}", "value": {{value}}, "unit": "{{unit}}", "baseline": null, "ratio": null, "target": {{target}}, "met": true}]
        """;

    private void Write(string name, string content) => File.WriteAllText(_folder.File(name), content);

    private string Document() => File.ReadAllText(_folder.File("doc.md"));

    private (int Exit, string Output) Render(string name)
    {
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "Commands", "render.py"), "--results", _folder.Path,
            "--document", _folder.File("doc.md"), "--history", _folder.File("history"), name];
        using var python = TrainerProcess.Start("python3", arguments, new Dictionary<string, string>(StringComparer.Ordinal));
        return (python.Wait(), python.Output);
    }
}
