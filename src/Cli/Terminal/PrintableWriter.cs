using System.Text;
using MhcOperator.Api.Validation;

namespace MhcOperator.Cli.Terminal;

/// <summary>Writes for people: whatever a manifest, a trainer or a file says in it, nothing that a terminal would obey.</summary>
/// <param name="inner">Where to.</param>
internal sealed class PrintableWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    /// <summary>One around another, which whoever made that one disposes of.</summary>
    public static TextWriter Around(TextWriter inner) => new PrintableWriter(inner);

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => inner.Write(char.IsSurrogate(value) ? value.ToString() : PrintableText.Lines(value.ToString()));

    /// <inheritdoc/>
    public override void Write(string? value) => inner.Write(PrintableText.Lines(value ?? ""));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => inner.WriteLine(PrintableText.Lines(value ?? ""));

    /// <inheritdoc/>
    public override Task WriteAsync(string? value) => inner.WriteAsync(PrintableText.Lines(value ?? ""));

    /// <inheritdoc/>
    public override Task WriteLineAsync(string? value) => inner.WriteLineAsync(PrintableText.Lines(value ?? ""));

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();
}
