using System.Text;

namespace MhcOperator.Cli.Terminal;

/// <summary>
/// Output that nobody may depend on: where it cannot be written (a full disk, a closed pipe), that is said once elsewhere and what
/// writes goes on.
/// </summary>
/// <param name="inner">Where to.</param>
/// <param name="say">Takes the words, once.</param>
internal sealed class SteadyOutput(TextWriter inner, Action<string> say) : TextWriter
{
    private bool _broken;

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    /// <inheritdoc/>
    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            if (!_broken)
            {
                _broken = true;
                say(e.Message);
            }
        }
    }
}
