using System.Text;
using MhcOperator.Api.Validation;

namespace MhcOperator.Cli.Terminal;

/// <summary>
/// Writes for people: whatever a manifest, a trainer or a file says in it, nothing that a terminal would obey. What cannot be written is an
/// <see cref="OutputException"/>.
/// </summary>
/// <param name="inner">Where to.</param>
internal sealed class PrintableWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    /// <summary>One around another, which whoever made that one disposes of.</summary>
    public static TextWriter Around(TextWriter inner) => new PrintableWriter(inner);

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Put(char.IsSurrogate(value) ? value.ToString() : PrintableText.Lines(value.ToString()), inner.Write);

    /// <inheritdoc/>
    public override void Write(string? value) => Put(PrintableText.Lines(value ?? ""), inner.Write);

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Put(PrintableText.Lines(value ?? ""), inner.WriteLine);

    /// <inheritdoc/>
    public override Task WriteAsync(string? value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Flush() => Put("", _ => inner.Flush());

    private static void Put(string text, Action<string> write)
    {
        try
        {
            write(text);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or ObjectDisposedException || (e is IOException and not OutputException))
        {
            throw new OutputException(e);
        }
    }
}
