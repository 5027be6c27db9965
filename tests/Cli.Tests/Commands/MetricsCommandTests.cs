using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests.Commands;

public sealed class MetricsCommandTests : IDisposable
{
    private readonly MhcShell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Every_update_is_a_line_of_comma_separated_values()
    {
        Save("run/checkpoints", Line(1, 1),
            Line(1, 2).Replace(@"""loss"":2.5,", @"""validationLoss"":2.25,""gapRow"":1e-7,""gapColumn"":0.02,", StringComparison.Ordinal));

        var result = await _shell.RunAsync("metrics", "run", "--csv");

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        Assert.Equal(
            """
            attempt,step,dataStep,tokens,time,loss,validationLoss,gradientNorm,learningRate,gainForward,gainBackward,gapRow,gapColumn,tokensPerSecond,stabilityState,skipped
            1,1,0,512,2026-01-01T00:00:01.000Z,2.5,,0.5,0.001,,,,,1000,Healthy,0
            1,2,1,1024,2026-01-01T00:00:02.000Z,,2.25,0.5,0.001,,,1E-07,0.02,1000,Healthy,0

            """,
            result.Output);
    }

    [Fact]
    public async Task What_a_later_attempt_has_undone_is_left_out_and_so_is_what_an_older_one_writes_beside_it()
    {
        Save("run", Line(1, 1), Line(1, 2), Line(1, 3), Line(2, 2), Line(1, 4), Line(2, 3));

        var result = await _shell.RunAsync("metrics", "run", "--csv");

        Assert.Equal(["1,1", "2,2", "2,3"], Steps(result.Output));
    }

    [Theory]
    [InlineData("\"attempt\":2147483647")]
    [InlineData("\"attempt\":10000001")]
    [InlineData("\"attempt\":1,\"jobSince\":9223372036854775807")]
    [InlineData("\"attempt\":1,\"jobSince\":-1")]
    public async Task A_line_of_an_attempt_that_no_job_makes_hides_no_other(string attempt)
    {
        Save("run", Line(1, 1), Line(1, 2).Replace("\"attempt\":1", attempt, StringComparison.Ordinal), Line(1, 2), Line(2, 3));

        var result = await _shell.RunAsync("metrics", "run", "--csv");

        Assert.Equal(["1,1", "1,2", "2,3"], Steps(result.Output));
        Assert.Contains("1 line", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_job_on_a_folder_begins_with_attempt_1_again_and_its_updates_are_shown()
    {
        string Of(int job, string line) =>
            line.Replace(",\"step\"", FormattableString.Invariant($",\"jobSince\":{job},\"step\""), StringComparison.Ordinal);
        Save("run", Of(100, Line(1, 1)), Of(100, Line(7, 2)), Of(100, Line(7, 3)), Of(200, Line(1, 3)), Of(100, Line(7, 4)),
            Of(200, Line(1, 4)));

        var result = await _shell.RunAsync("metrics", "run", "--csv");

        Assert.Equal(["1,1", "7,2", "1,3", "1,4"], Steps(result.Output));
    }

    [Fact]
    public async Task A_job_that_is_said_to_be_of_0_is_one_of_which_nobody_says_when_it_was_made()
    {
        string Of0(string line) => line.Replace(",\"step\"", ",\"jobSince\":0,\"step\"", StringComparison.Ordinal);
        Save("run", Line(1, 1), Of0(Line(1, 2)), Line(2, 2), Of0(Line(1, 3)), Of0(Line(2, 3)));

        var result = await _shell.RunAsync("metrics", "run", "--csv");

        Assert.Equal(["1,1", "2,2", "2,3"], Steps(result.Output));
    }

    [Fact]
    public async Task Lines_that_are_torn_or_none_are_left_out()
    {
        Save("run", Line(1, 1), Line(1, 2)[..20], "", "null", "nonsense", Line(1, 3), Line(1, 4)[..30]);

        var result = await _shell.RunAsync("metrics", "run", "--csv");

        Assert.Equal(["1,1", "1,3"], Steps(result.Output));
    }

    [Fact]
    public async Task Lines_that_are_no_updates_are_counted_but_for_the_last_which_may_still_be_written()
    {
        Save("run", Line(1, 1), Line(1, 2)[..20], "{}", Line(1, 3).Replace("1,", "\"1\",", StringComparison.Ordinal), Line(1, 4),
            Line(1, 5)[..30]);

        var result = await _shell.RunAsync("metrics", "run", "--csv");

        Assert.Equal("run/metrics.jsonl: 3 lines cannot be read, and are left out\n", result.Error);
    }

    [Fact]
    public async Task What_no_trainer_writes_is_shown_as_not_there()
    {
        Save(
            "run", Line(1, 1).Replace("2.5", "1e999", StringComparison.Ordinal).Replace("\"Healthy\"", "null",
                StringComparison.Ordinal).Replace("0.001", "-1e999", StringComparison.Ordinal));

        var (csv, table) = (await _shell.RunAsync("metrics", "run", "--csv"), await _shell.RunAsync("metrics", "run"));

        Assert.EndsWith("\n1,1,0,512,2026-01-01T00:00:01.000Z,,,0.5,0,,,,,1000,,0\n", csv.Output, StringComparison.Ordinal);
        Assert.Equal(CliExitCode.Ok, table.ExitCode);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("pipe")]
    [InlineData("/etc/passwd")]
    public async Task A_record_that_is_no_regular_file_is_not_read(string target)
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(_shell.Folder, "run")).FullName, "metrics.jsonl");
        if (target == "pipe")
        {
            using var made = Process.Start("mkfifo", [file]);
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        else
        {
            File.CreateSymbolicLink(file, target);
        }

        var result = await _shell.RunAsync("metrics", "run");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("is no regular file", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_text_breaks_no_row()
    {
        Save("run", Line(1, 1).Replace("Healthy", @"=cmd,\n\u001b[31m", StringComparison.Ordinal));

        var result = await _shell.RunAsync("metrics", "run", "--csv");

        Assert.EndsWith(",1000,cmdm,0\n", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 10)]
    [InlineData(1000, 24)]
    public async Task A_person_sees_a_few_rows_and_the_last_step_is_one_of_them(int steps, int rows)
    {
        Save("run", [.. Enumerable.Range(1, steps).Select(s => Line(1, s))]);

        var result = await _shell.RunAsync("metrics", "run");

        Assert.Equal(rows, result.Output.Split('\n').Count(l => l.EndsWith("Healthy │", StringComparison.Ordinal)));
        Assert.Matches($@"│ +{steps} │ +[0-9,]+ │ +2\.5000 │ +— │ +0\.50 │ +1\.00E-3 │ +1,000 │ Healthy │", result.Output);
    }

    [Fact]
    public async Task TensorBoard_gets_one_event_for_each_update()
    {
        Save("run", Line(1, 1), Line(1, 300));

        var result = await _shell.RunAsync("metrics", "run", "--tensorboard", "board");

        Assert.Contains("written: board", result.Error, StringComparison.Ordinal);
        var bytes = await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(Path.Combine(_shell.Folder, "board"))),
            TestContext.Current.CancellationToken);
        var records = new List<byte[]>();
        for (var at = 0; at < bytes.Length; at += 16 + records[^1].Length)
        {
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(Masked(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            Assert.Equal(Masked(bytes.AsSpan(at + 12, length)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            records.Add(bytes[(at + 12)..(at + 12 + length)]);
        }

        Assert.Equal(3, records.Count);
        Assert.EndsWith("brain.Event:2", Encoding.ASCII.GetString(records[0]), StringComparison.Ordinal);
        Assert.Contains("loss/training", Encoding.ASCII.GetString(records[2]), StringComparison.Ordinal);
        Assert.Equal([0x10, 0xac, 0x02], records[2][9..12]);
    }

    [Fact]
    public async Task Where_there_is_no_record_it_is_said()
    {
        Directory.CreateDirectory(Path.Combine(_shell.Folder, "run", "checkpoints"));

        var result = await _shell.RunAsync("metrics", "run");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.StartsWith("mhc: run: there is no run/checkpoints/metrics.jsonl; mhc-trainer writes it", result.Error,
            StringComparison.Ordinal);
    }

    /// <summary>The checksum of a TFRecord, bit by bit: CRC-32C, masked.</summary>
    private static uint Masked(ReadOnlySpan<byte> data)
    {
        var sum = ~0u;
        foreach (var value in data)
        {
            sum ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) != 0 ? (sum >> 1) ^ 0x82f63b78 : sum >> 1;
            }
        }

        return ((~sum >> 15) | (~sum << 17)) + 0xa282ead8;
    }

    private static IEnumerable<string> Steps(string csv) =>
        csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(l => string.Join(',', l.Split(',').Take(2)));

    private static string Line(int attempt, int step) => FormattableString.Invariant(
        $$"""{"attempt":{{attempt}},"step":{{step}},"dataStep":{{step - 1}},"tokens":{{512 * step}},"time":"2026-01-01T00:{{step / 60 % 60:00}}:{{step % 60:00}}Z","loss":2.5,"gradientNorm":0.5,"learningRate":0.001,"tokensPerSecond":1000,"stabilityState":"Healthy","skipped":false}""");

    private void Save(string folder, params string[] lines)
    {
        Directory.CreateDirectory(Path.Combine(_shell.Folder, folder));
        File.WriteAllLines(Path.Combine(_shell.Folder, folder, "metrics.jsonl"), lines);
    }
}
