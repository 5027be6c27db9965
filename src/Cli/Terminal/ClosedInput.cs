namespace MhcOperator.Cli.Terminal;

/// <summary>The standard input of a process that has none.</summary>
internal sealed class ClosedInput : TextReader
{
    /// <inheritdoc/>
    public override ValueTask<int> ReadBlockAsync(Memory<char> buffer, CancellationToken cancellationToken = default) =>
        throw new CliException("-: standard input is closed");
}
