namespace MhcOperator.Cli.Run;

/// <summary>Shows a run while it goes. Calls come one after the other.</summary>
internal interface IRunView
{
    /// <summary>Runs to the end with the view on the screen.</summary>
    Task ShowAsync(Func<Task> run);

    /// <summary>Something happened.</summary>
    void Say(RunLine line);

    /// <summary>Progress, from now on the newest.</summary>
    void Show(RunSnapshot snapshot);
}
