using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>How a file of data that cannot be opened or read ends the trainer.</summary>
internal static class DataFailure
{
    // What a disk, a network or a crowded machine does, another attempt may not meet again.
    private static readonly int[] MachinesDoing = [5 /* EIO */, 11 /* EAGAIN */, 12 /* ENOMEM */, 23 /* ENFILE */, 24 /* EMFILE */,
        110 /* ETIMEDOUT */, 116 /* ESTALE */];

    /// <summary>The error to end with.</summary>
    /// <param name="path">The file.</param>
    /// <param name="e">What the system said; its HResult is the system's error number.</param>
    public static TrainerException Of(string path, Exception e)
    {
        var message = $"data file {path}: cannot be read: {e.Message}";
        return MachinesDoing.Contains(e.HResult)
            ? TrainerException.TryAgain(EndReason.DataUnavailable, message, e)
            : TrainerException.DataUnreadable(message, e);
    }
}
