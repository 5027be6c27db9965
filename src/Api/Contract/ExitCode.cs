namespace MhcOperator.Api.Contract;

/// <summary>Exit codes of the trainer contract. Any other code restarts the gang and takes a restart of the job's.</summary>
public static class ExitCode
{
    /// <summary>Training is done.</summary>
    public const int Done = 0;

    /// <summary>The data is unreadable (EX_DATAERR); permanent.</summary>
    public const int DataUnreadable = 65;

    /// <summary>
    /// An error in the trainer itself that nobody foresaw (EX_SOFTWARE); permanent where it comes again without progress in between.
    /// </summary>
    public const int Unforeseen = 70;

    /// <summary>Infrastructure failure, try again (EX_TEMPFAIL).</summary>
    public const int TryAgain = 75;

    /// <summary>The configuration is wrong (EX_CONFIG); permanent.</summary>
    public const int ConfigurationWrong = 78;

    /// <summary>Training is unstable: roll back by the <see cref="Verdict"/>.</summary>
    public const int Unstable = 86;
}
