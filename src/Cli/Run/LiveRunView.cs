using System.Globalization;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Errors;
using MhcOperator.Cli.Terminal;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MhcOperator.Cli.Run;

/// <summary>A terminal: what happened scrolls by, and the progress stays below it.</summary>
/// <param name="console">A terminal.</param>
internal sealed class LiveRunView(IAnsiConsole console) : IRunView
{
    private const int FewestRows = 8;
    private const int OrdinaryRows = 24;

    private LiveDisplayContext? _live;

    /// <inheritdoc/>
    public Task ShowAsync(Func<Task> run)
    {
        // A pseudo-terminal without a size says that it has no rows, and a live display that cuts itself to none throws.
        if (console.Profile.Height < FewestRows)
        {
            console.Profile.Height = OrdinaryRows;
        }

        return console.Live(new Text("starting …")).AutoClear(true).StartAsync(async context =>
        {
            _live = context;
            try
            {
                await run();
            }
            finally
            {
                _live = null;
            }
        });
    }

    /// <inheritdoc/>
    public void Say(RunLine line)
    {
        var colour = line.IsWarning ? "yellow" : "blue";
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"[grey]{Figures.Time(line.Elapsed),8}[/]  [{colour}]{PrintableText.Line(line.Reason)}[/] {PrintableText.Line(line.Message)}");
    }

    /// <inheritdoc/>
    public void Show(RunSnapshot snapshot) => _live?.UpdateTarget(Render(snapshot));

    private Rows Render(RunSnapshot snapshot)
    {
        var trainer = snapshot.Trainer;
        var share = snapshot.TotalSteps == 0 ? 0 : Math.Clamp((double)snapshot.Step / snapshot.TotalSteps, 0, 1);
        var width = Math.Clamp(console.Profile.Width - 48, 10, 60);
        var full = (int)Math.Round(share * width);
        var state = PrintableText.Line(trainer?.StabilityState ?? nameof(StabilityState.Unknown));
        var stateColour = state switch
        {
            nameof(StabilityState.Healthy) => "green",
            nameof(StabilityState.Suspicious) => "yellow",
            nameof(StabilityState.Unstable) => "red",
            _ => "grey",
        };
        var head = Markup.FromInterpolated(CultureInfo.InvariantCulture,
            $"[bold]{PrintableText.Line(snapshot.Name)}[/]  {PrintableText.Line(snapshot.Phase)}  attempt {snapshot.Attempt}  [{stateColour}]{state}[/]  [grey]{Figures.Time(snapshot.Elapsed)}[/]");
        var bar = Markup.FromInterpolated(CultureInfo.InvariantCulture,
            $"[green]{new string('━', full)}[/][grey]{new string('─', width - full)}[/] step {snapshot.Step}/{snapshot.TotalSteps}  ETA {Figures.Eta(trainer?.EtaSeconds)}");
        IRenderable figures = trainer is null
            ? new Markup("[grey]waiting for rank 0 …[/]")
            : Markup.FromInterpolated(CultureInfo.InvariantCulture,
                $"loss [bold]{Figures.Loss(trainer.Loss)}[/]  validation {Figures.Loss(trainer.ValidationLoss)}  gradient {Figures.Short(trainer.GradientNorm)}  gain {Gain(snapshot)}  gap {Gap(snapshot)}  {Figures.Whole(trainer.TokensPerSecond)} tokens/s  checkpoint {Checkpoints(snapshot)}");
        return new Rows(new Text(""), head, bar, figures);
    }

    private static string Gain(RunSnapshot snapshot) => snapshot.Trainer?.Gain is { } gain
        ? $"{Figures.Short(gain.Forward)}/{Figures.Short(gain.Backward)}"
        : "—";

    private static string Gap(RunSnapshot snapshot) => snapshot.Trainer?.Gap is { } gap
        ? $"{Figures.Short(gap.Row)}/{Figures.Short(gap.Column)}"
        : "—";

    private static string Checkpoints(RunSnapshot snapshot) => snapshot.Trainer switch
    {
        { LatestCheckpoint: { } latest, VerifiedCheckpoint: { } verified } =>
            string.Create(CultureInfo.InvariantCulture, $"{latest} (verified {verified})"),
        { LatestCheckpoint: { } latest } => string.Create(CultureInfo.InvariantCulture, $"{latest}"),
        _ => "—",
    };
}
