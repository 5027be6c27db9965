using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Trainer.Tests.Telemetry;

public sealed class ProgressPrinterTests : IDisposable
{
    private readonly StringWriter _text = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _text.Dispose();

    [Fact]
    public void Progress_is_shown_once_a_second_and_at_the_end()
    {
        var printer = new ProgressPrinter(_text, terminal: false, _time);
        for (var step = 1; step <= 10; step++)
        {
            printer.Progress(new TrainerStatus { Step = step, TotalSteps = 10, Loss = 2 });
            _time.Advance(TimeSpan.FromMilliseconds(400));
        }

        Assert.Equal(["step 1/10", "step 4/10", "step 7/10", "step 10/10"],
            _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split("  ")[0]));
    }

    [Fact]
    public void A_terminal_line_is_rewritten_and_other_lines_get_their_own()
    {
        var printer = new ProgressPrinter(_text, terminal: true, _time);
        printer.Progress(new TrainerStatus { Step = 1, TotalSteps = 10 });
        printer.Warn("something");

        Assert.StartsWith("\rstep 1/10", _text.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\u001b[K\nwarning: something\n", _text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_line_has_the_figures_that_people_ask_for() => Assert.Equal(
        "step 5/20  loss 1.2346  validation 1.3000  1000 tok/s  gain 1.000/1.500  gap 0.000/0.015  lr 3.00E-004  eta 00:01:30",
        ProgressPrinter.Format(
            new TrainerStatus
            {
                Step = 5,
                TotalSteps = 20,
                Loss = 1.23456,
                ValidationLoss = 1.3,
                TokensPerSecond = 1000,
                Gain = new GainStatus { Backward = 1.5 },
                Gap = new GapStatus { Row = 1e-7, Column = 0.015 },
                LearningRate = 0.0003,
                EtaSeconds = 90
            }));

    [Fact]
    public void The_clock_is_the_mean_of_the_recent_steps()
    {
        var clock = new StepClock(_time);
        clock.Tick();
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(i < 50 ? 100 : 2));
            clock.Tick();
        }

        Assert.Equal(2, clock.SecondsPerStep, 6);
    }
}
