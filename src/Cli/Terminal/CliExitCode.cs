namespace MhcOperator.Cli.Terminal;

/// <summary>Exit codes of <c>mhc</c>.</summary>
internal static class CliExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>The job failed, or a manifest breaks a rule.</summary>
    public const int Failed = 1;

    /// <summary>
    /// Bad input: a file that cannot be read, an unknown option, a trainer that is not there, an output that takes no more.
    /// </summary>
    public const int BadInput = 2;

    /// <summary>An error in the program itself that nobody foresaw, as a trainer's.</summary>
    public const int Unforeseen = Api.Contract.ExitCode.Unforeseen;

    /// <summary>Ended by Ctrl-C, as shells count it (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
