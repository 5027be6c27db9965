using MhcOperator.Api.Contract;
using MhcOperator.Cli.Run;

namespace MhcOperator.Cli.Tests.Run;

public sealed class PlainRunViewTests : IDisposable
{
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void A_run_of_any_length_has_about_twenty_lines_of_progress()
    {
        var view = new PlainRunView(_output);

        for (var step = 1; step <= 1000; step++)
        {
            view.Show(Snapshot(step, 1000));
        }

        Assert.Equal(21, Lines().Length);
    }

    [Fact]
    public void A_new_attempt_shows_the_steps_that_it_repeats()
    {
        var view = new PlainRunView(_output);

        view.Show(Snapshot(30, 40));
        view.Show(Snapshot(30, 40, attempt: 2));
        view.Show(Snapshot(30, 40, attempt: 2));

        Assert.Equal(2, Lines().Length);
    }

    [Fact]
    public void A_line_has_every_figure_and_a_dash_for_a_loss_that_is_not_finite()
    {
        var view = new PlainRunView(_output);

        view.Show(Snapshot(20, 40));
        view.Show(Snapshot(30, 40) with { Trainer = new TrainerStatus { FirstStep = 1, Step = 30, Attempt = 1 } });

        Assert.Equal(
            "   3.0 s    step 20/40  loss 2.5000  validation 2.7500  gradient 0.75  gain 1.00/1.25  gap 0.00/0.02  12,345 tokens/s  ETA 7 s",
            Lines()[0]);
        Assert.Equal("   3.0 s    step 30/40  loss —  gradient —  0 tokens/s  ETA —", Lines()[1]);
    }

    [Fact]
    public void A_gang_that_has_done_no_update_yet_has_no_line()
    {
        var view = new PlainRunView(_output);

        view.Show(Snapshot(30, 40) with { Trainer = new TrainerStatus { Step = 30, Attempt = 1 } });

        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public void A_warning_is_marked()
    {
        var view = new PlainRunView(_output);

        view.Say(new RunLine(TimeSpan.FromSeconds(61), true, "LossSpike", "it ran away"));

        Assert.Equal("  61.0 s  ! LossSpike: it ran away", Lines()[0]);
    }

    private string[] Lines() => _output.ToString().TrimEnd('\n').Split('\n');

    private static RunSnapshot Snapshot(int step, int total, int attempt = 1) => new()
    {
        Name = "small",
        Elapsed = TimeSpan.FromSeconds(3),
        Phase = "Running",
        Attempt = attempt,
        TotalSteps = total,
        Trainer = new TrainerStatus
        {
            Attempt = attempt,
            FirstStep = 1,
            Step = step,
            Loss = 2.5,
            GradientNorm = 0.75,
            Gain = new() { Forward = 1, Backward = 1.25 },
            Gap = new() { Row = 1e-7, Column = 0.02 },
            ValidationLoss = 2.75,
            TokensPerSecond = 12345,
            EtaSeconds = 7,
        },
    };
}
