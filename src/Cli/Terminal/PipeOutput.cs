using System.Text;
using Spectre.Console;

namespace MhcOperator.Cli.Terminal;

/// <summary>A pipe or a file: wide enough that tables do not wrap.</summary>
/// <param name="writer">Where to.</param>
internal sealed class PipeOutput(TextWriter writer) : IAnsiConsoleOutput
{
    /// <inheritdoc/>
    public TextWriter Writer { get; } = writer;

    /// <inheritdoc/>
    public bool IsTerminal => false;

    /// <inheritdoc/>
    public int Width => 160;

    /// <inheritdoc/>
    public int Height => 24;

    /// <inheritdoc/>
    public void SetEncoding(Encoding encoding)
    {
        // A writer that is not the console keeps its own encoding.
    }
}
