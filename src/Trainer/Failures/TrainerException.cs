using MhcOperator.Api.Contract;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Files;

namespace MhcOperator.Trainer.Failures;

/// <summary>Ends the trainer with one of the contract's exit codes and a termination message.</summary>
internal sealed class TrainerException : Exception
{
    // Names and words of files and of other processes are in many messages: none of them is obeyed by a terminal.
    private TrainerException(int exitCode, string reason, string message, Exception? cause)
        : base(PrintableText.Sentence(message), cause) => (ExitCode, Reason) = (exitCode, reason);

    /// <summary>One of <see cref="Api.Contract.ExitCode"/>.</summary>
    public int ExitCode { get; }

    /// <summary>CamelCase reason of the termination message.</summary>
    public string Reason { get; }

    /// <summary>The finding, where training is unstable.</summary>
    public Verdict? Verdict { get; private init; }

    /// <summary>Whether all ranks end with it at the same step, and not this one alone.</summary>
    public bool EndsAll { get; private set; }

    /// <summary>The configuration or its surroundings are wrong; a retry cannot help.</summary>
    public static TrainerException Configuration(string reason, string message, Exception? cause = null) =>
        new(Api.Contract.ExitCode.ConfigurationWrong, reason, message, cause);

    /// <summary>The data cannot be read or is not what was promised; a retry cannot help.</summary>
    public static TrainerException DataUnreadable(string message, Exception? cause = null) =>
        new(Api.Contract.ExitCode.DataUnreadable, EndReason.DataUnreadable, message, cause);

    /// <summary>Infrastructure failed, or the trainer was told to stop: another attempt may work.</summary>
    public static TrainerException TryAgain(string reason, string message, Exception? cause = null) =>
        new(Api.Contract.ExitCode.TryAgain, reason, message, cause);

    /// <summary>An error that nobody foresaw, and so one of this program.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="kept">Where its details are; null: nowhere.</param>
    public static TrainerException Unforeseen(Exception error, string? kept) => new(
        Api.Contract.ExitCode.Unforeseen,
        EndReason.TrainerError,
        $"an error in the trainer that was not foreseen: {CrashReport.Summary(error)}{(kept is null ? "" : $"; details are in {kept}")}",
        error);

    /// <summary>Training is unstable.</summary>
    public static TrainerException Unstable(Verdict verdict) =>
        new(Api.Contract.ExitCode.Unstable, verdict.Reason, verdict.Message, cause: null) { Verdict = verdict, EndsAll = true };

    /// <summary>All ranks have come to this end together.</summary>
    public TrainerException OfAll()
    {
        EndsAll = true;
        return this;
    }
}
