using System.Text;
using MhcOperator.Api.Errors;

namespace MhcOperator.CommandLine;

/// <summary>
/// Standard output or standard error of a program for people: what cannot be written is an <see cref="OutputException"/>.
/// </summary>
internal sealed class OutputWriter : TextWriter
{
    private readonly TextWriter _inner;
    private readonly Func<string, string> _clean;

    private OutputWriter(TextWriter inner, Func<string, string> clean)
        : base(inner.FormatProvider) => (_inner, _clean) = (inner, clean);

    /// <inheritdoc/>
    public override Encoding Encoding => _inner.Encoding;

    /// <summary>All as it is.</summary>
    /// <param name="inner">Where to; whoever made it disposes of it.</param>
    public static TextWriter Around(TextWriter inner) => new OutputWriter(inner, text => text);

    /// <summary>Whatever a manifest, a trainer or a file says in it, nothing that a terminal would obey.</summary>
    /// <param name="inner">As above.</param>
    public static TextWriter Printable(TextWriter inner) => new OutputWriter(inner, PrintableText.Lines);

    /// <inheritdoc/>
    public override void Write(char value) => Put(char.IsSurrogate(value) ? value.ToString() : _clean(value.ToString()), _inner.Write);

    /// <inheritdoc/>
    public override void Write(string? value) => Put(_clean(value ?? ""), _inner.Write);

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Put(_clean(value ?? ""), _inner.WriteLine);

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
    public override void Flush() => Put("", _ => _inner.Flush());

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
