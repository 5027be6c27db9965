using Microsoft.Extensions.Time.Testing;
using MhcOperator.Trainer.Preparation;

namespace MhcOperator.Trainer.Tests.Preparation;

public sealed class PreparationProgressTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void On_a_terminal_a_bar_is_rewritten()
    {
        var progress = new PreparationProgress(_output, terminal: true, 10_000_000, _time);
        _time.Advance(TimeSpan.FromSeconds(2));

        progress.Show(5_000_000, 1_200_000);
        progress.Show(6_000_000, 1_400_000);
        progress.Show(10_000_000, 2_400_000);

        Assert.Equal(
            "\r[###############...............]  50 %  5.0 of 10.0 MB  1,200,000 tokens  2.5 MB/s  eta 00:00:02\u001b[K"
            + "\r[##############################] 100 %  10.0 of 10.0 MB  2,400,000 tokens  5.0 MB/s\u001b[K\n",
            _output.ToString());
    }

    [Fact]
    public void Elsewhere_it_is_a_line_every_few_seconds_and_one_at_the_end()
    {
        var progress = new PreparationProgress(_output, terminal: false, 4_000_000, _time);
        for (var megabytes = 1; megabytes <= 4; megabytes++)
        {
            _time.Advance(TimeSpan.FromSeconds(3));
            progress.Show(megabytes * 1_000_000, megabytes);
        }

        Assert.Equal(
            " 25 %  1.0 of 4.0 MB  1 tokens  0.3 MB/s  eta 00:00:09\n 75 %  3.0 of 4.0 MB  3 tokens  0.3 MB/s  eta 00:00:03\n100 %  4.0 of 4.0 MB  4 tokens  0.3 MB/s\n",
            _output.ToString());
    }
}
