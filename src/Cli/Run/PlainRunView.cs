using System.Globalization;
using System.Text;
using MhcOperator.Api.Errors;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Run;

/// <summary>One line for each thing that happened and one every few steps: for pipes, files and build systems.</summary>
/// <param name="output">Where to.</param>
internal sealed class PlainRunView(TextWriter output) : IRunView
{
    private const int Lines = 20;

    private (int Attempt, int Line) _last = (0, -1);

    /// <inheritdoc/>
    public Task ShowAsync(Func<Task> run) => run();

    /// <inheritdoc/>
    public void Say(RunLine line) =>
        output.WriteLine(
            $"{Figures.Time(line.Elapsed),8}  {(line.IsWarning ? "!" : " ")} {PrintableText.Line(line.Reason)}: {PrintableText.Line(line.Message)}");

    /// <inheritdoc/>
    public void Show(RunSnapshot snapshot)
    {
        if (snapshot.Trainer?.FirstStep is null)
        {
            return;
        }

        var every = Math.Max(1, snapshot.TotalSteps / Lines);
        var line = (snapshot.Attempt, snapshot.Step / every);
        if (line == _last)
        {
            return;
        }

        _last = line;
        output.WriteLine($"{Figures.Time(snapshot.Elapsed),8}    {Text(snapshot)}");
    }

    /// <summary>Progress in one line.</summary>
    public static string Text(RunSnapshot snapshot)
    {
        var trainer = snapshot.Trainer!;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"step {snapshot.Step}/{snapshot.TotalSteps}  loss {Figures.Loss(trainer.Loss)}");
        if (trainer.ValidationLoss is { } validation)
        {
            text.Append(CultureInfo.InvariantCulture, $"  validation {Figures.Loss(validation)}");
        }

        text.Append(CultureInfo.InvariantCulture, $"  gradient {Figures.Short(trainer.GradientNorm)}");
        if (trainer.Gain is { } gain)
        {
            text.Append(CultureInfo.InvariantCulture, $"  gain {Figures.Short(gain.Forward)}/{Figures.Short(gain.Backward)}");
        }

        if (trainer.Gap is { } gap)
        {
            text.Append(CultureInfo.InvariantCulture, $"  gap {Figures.Short(gap.Row)}/{Figures.Short(gap.Column)}");
        }

        text.Append(CultureInfo.InvariantCulture,
            $"  {Figures.Whole(trainer.TokensPerSecond)} tokens/s  ETA {Figures.Eta(trainer.EtaSeconds)}");
        return text.ToString();
    }
}
