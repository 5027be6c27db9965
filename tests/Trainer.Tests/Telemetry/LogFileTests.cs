using System.Globalization;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Telemetry;

namespace MhcOperator.Trainer.Tests.Telemetry;

/// <summary>What is written for people and their tools never ends training.</summary>
public sealed class LogFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/dev/full")]
    [InlineData("/no/such/folder/log")]
    [InlineData("/proc/version")]
    [InlineData("/")]
    public void What_cannot_be_written_is_counted_and_said_once(string path)
    {
        using var log = new LogFile(path, _said.Add);
        for (var line = 0; line < 5; line++)
        {
            log.Write("line");
        }

        Assert.Equal(5, log.Lost);
        Assert.StartsWith($"{path} misses lines from here on, and training goes on without: ", Assert.Single(_said),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_that_can_be_written_again_is()
    {
        var path = _folder.File("log/file");
        using var log = new LogFile(path, _said.Add);
        log.Write("lost");
        Directory.CreateDirectory(_folder.File("log"));
        log.Write("kept");

        Assert.Equal(["kept"], File.ReadAllLines(path).Where(l => l.Length > 0));
        Assert.Equal(1, log.Lost);
    }

    [Fact]
    public void A_line_never_hangs_on_one_that_was_torn()
    {
        var path = _folder.Write("log", "whole\nto"u8);
        using (var log = new LogFile(path, _said.Add))
        {
            log.Write("next");
            log.Write("last");
        }

        Assert.Equal("whole\nto\nnext\nlast\n", File.ReadAllText(path));
    }

    [Fact]
    public void A_writer_that_is_broken_takes_the_printer_no_further_than_a_count()
    {
        using var broken = new BrokenWriter();
        using var elsewhere = new StringWriter();
        var printer = new ProgressPrinter(broken, terminal: false, TimeProvider.System, elsewhere);
        printer.Line("one");
        printer.Warn("two");
        printer.Progress(new TrainerStatus { Step = 1, TotalSteps = 1 });

        Assert.Equal(3, printer.Lost);
        Assert.Equal("warning: standard output takes no more, and training goes on without: no space left\n", elsewhere.ToString());
        new ProgressPrinter(broken, terminal: false, TimeProvider.System, broken).Line("nobody listens anywhere");
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "1 ")]
    [InlineData(2, "1 2 ")]
    [InlineData(3, "1 2 3 ")]
    [InlineData(9, "1 2 3 ")]
    public void The_record_is_cut_back_to_the_step_that_training_goes_on_after(int resumed, string steps)
    {
        using (var first = MetricsLog.Open(_folder.File(""), 0, _said.Add))
        {
            foreach (var step in (int[])[1, 2, 3])
            {
                first.Write(new MetricsLine { Attempt = 1, Step = step, Loss = 2.5 });
            }
        }

        File.AppendAllText(Record, "{\"attempt\":1,\"step\":4,\"lo");
        using var second = MetricsLog.Open(_folder.File(""), resumed, _said.Add);
        second.Write(new MetricsLine { Attempt = 2, Step = resumed + 1 });

        var lines = File.ReadAllLines(Record);
        Assert.StartsWith($"{{\"attempt\":2,\"step\":{resumed + 1},", lines[^1], StringComparison.Ordinal);
        Assert.Equal(
            steps, string.Concat(lines[..^1]
                .Select(l => string.Create(CultureInfo.InvariantCulture, $"{l["{\"attempt\":1,\"step\":".Length]} "))));
        Assert.Empty(_said);
    }

    [Fact]
    public void A_torn_line_in_the_middle_costs_no_other()
    {
        File.WriteAllText(Record, "{\"step\":1}\n{\"st\n\n{\"step\":3}\n{\"step\":4}\n");

        MetricsLog.Open(_folder.File(""), 3, _said.Add).Dispose();

        Assert.Equal("{\"step\":1}\n{\"st\n\n{\"step\":3}\n", File.ReadAllText(Record));
    }

    [Fact]
    public void A_record_that_cannot_be_opened_is_said_and_training_goes_on()
    {
        Directory.CreateDirectory(Record);
        using var log = MetricsLog.Open(_folder.File(""), 0, _said.Add);
        log.Write(new MetricsLine { Step = 1 });

        Assert.NotEmpty(_said);
        Assert.Equal(1, log.Lost);
    }

    [Fact]
    public void A_link_of_that_name_goes_and_nothing_is_written_through_it()
    {
        var victim = _folder.Write("victim", "{\"step\":9}\n"u8);
        File.CreateSymbolicLink(Record, victim);

        using (var log = MetricsLog.Open(_folder.File(""), 3, _said.Add))
        {
            log.Write(new MetricsLine { Step = 4 });
        }

        Assert.Equal("{\"step\":9}\n", File.ReadAllText(victim));
        Assert.Single(File.ReadAllLines(Record));
        Assert.Empty(_said);
    }

    private string Record => _folder.File(MetricsLine.FileName);

    private sealed class BrokenWriter : StringWriter
    {
        public override void Write(string? value) => throw new IOException("no space left");
    }
}
