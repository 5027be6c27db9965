using MhcOperator.Trainer.Preparation;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Trainer.Tests.Preparation;

public sealed class PreparationProgressTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void On_a_terminal_a_bar_is_rewritten()
    {
        using var progress = new PreparationProgress(_output, terminal: true, 10_000_000, _time);
        _time.Advance(TimeSpan.FromSeconds(1.9));
        _output.GetStringBuilder().Clear();
        progress.Add(5_000_000, 1_200_000);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        progress.Add(5_000_000, 1_200_000);
        progress.End();
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(
            "\r[###############...............]  50 %  5.0 of 10.0 MB  1,200,000 tokens  2.5 MB/s  eta 00:00:02\u001b[K"
            + "\r[##############################] 100 %  10.0 of 10.0 MB  2,400,000 tokens  5.0 MB/s\u001b[K\n",
            _output.ToString());
    }

    [Fact]
    public void Elsewhere_it_is_a_line_every_few_seconds_and_one_at_the_end_however_long_nothing_is_done()
    {
        using var progress = new PreparationProgress(_output, terminal: false, 4_000_000, _time);
        progress.Add(1_000_000, 1);
        _time.Advance(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(5));
        progress.Add(3_000_000, 3);
        progress.End();

        Assert.Equal(
            " 25 %  1.0 of 4.0 MB  1 tokens  0.2 MB/s  eta 00:00:15\n 25 %  1.0 of 4.0 MB  1 tokens  0.1 MB/s  eta 00:00:30\n100 %  4.0 of 4.0 MB  4 tokens  0.4 MB/s\n",
            _output.ToString());
    }

    [Fact]
    public void Of_a_pipe_only_what_was_read_is_known()
    {
        using var progress = new PreparationProgress(_output, terminal: false, totalBytes: null, _time);
        progress.Add(2_000_000, 7);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("2.0 MB  7 tokens  0.4 MB/s\n", _output.ToString());
    }
}
