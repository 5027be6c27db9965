using System.Text;
using MhcOperator.Api.Contract;
using MhcOperator.Cli.Run;
using Spectre.Console;

namespace MhcOperator.Cli.Tests.Run;

public sealed class LiveRunViewTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(24)]
    public async Task Progress_and_what_happened_are_on_a_terminal_of_any_size(int rows)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new SizedOutput(output, rows) });
        var view = new LiveRunView(console);
        var snapshot = new RunSnapshot { Name = "small", Elapsed = TimeSpan.Zero, Phase = "Running", Attempt = 1, TotalSteps = 40 };

        await view.ShowAsync(() =>
        {
            view.Show(snapshot);
            view.Show(snapshot with { Trainer = new TrainerStatus { Step = 20, Loss = 2.5, StabilityState = "Suspicious" } });
            view.Say(new RunLine(TimeSpan.Zero, true, "LossSpike", "from [1] to [9]"));
            return Task.CompletedTask;
        });

        var text = output.ToString();
        Assert.Contains("waiting for rank 0", text, StringComparison.Ordinal);
        Assert.Contains("step 20/40", text, StringComparison.Ordinal);
        Assert.Contains("2.5000", text, StringComparison.Ordinal);
        Assert.Contains("from [1] to [9]", text, StringComparison.Ordinal);
    }

    private sealed class SizedOutput(TextWriter writer, int rows) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => 100;

        public int Height => rows;

        public void SetEncoding(Encoding encoding)
        {
            // A writer of text has none.
        }
    }
}
