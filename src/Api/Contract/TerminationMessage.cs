namespace MhcOperator.Api.Contract;

/// <summary>
/// What a trainer writes to its termination message when it ends with a code other than 0 and <see cref="ExitCode.Unstable"/>.
/// </summary>
/// <param name="Reason">CamelCase reason, such as ConfigurationInvalid, DataUnreadable, PeerLost, Terminated.</param>
/// <param name="Message">For people: what was wrong, where, and what was expected.</param>
public sealed record TerminationMessage(string Reason, string Message)
{
    /// <summary>File of it where nothing says another: Kubernetes' own default.</summary>
    public const string DefaultPath = "/dev/termination-log";
}
