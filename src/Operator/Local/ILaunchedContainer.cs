namespace MhcOperator.Operator.Local;

/// <summary>A container that was started.</summary>
internal interface ILaunchedContainer
{
    /// <summary>Has <paramref name="ended"/> called once, when it has ended; at once where it has already.</summary>
    void OnExit(Action<ContainerExit> ended);

    /// <summary>Asks it to write where it stands (SIGQUIT); no error where it has ended.</summary>
    void Dump();

    /// <summary>Asks it to end (SIGTERM); no error where it has.</summary>
    void Terminate();

    /// <summary>Ends it and everything that it started (SIGKILL); no error where it has.</summary>
    void Kill();
}
