namespace MhcOperator.CommandLine;

/// <summary>Standard output or standard error takes no more: the disk is full, or it is closed.</summary>
/// <param name="cause">What the system said.</param>
internal sealed class OutputException(Exception cause) : IOException(
    cause is UnauthorizedAccessException ? "it is closed" : cause.Message, cause);
