using System.Globalization;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// One line for each update: step, data step and the samples of the whole batch, in order. It shows which data a run was trained on.
/// A restarted trainer appends.
/// </summary>
internal sealed class DataLog : IDisposable
{
    private readonly StreamWriter _writer;

    /// <param name="path">File to append to.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public DataLog(string path) => _writer = new StreamWriter(path, append: true) { AutoFlush = true };

    /// <summary>Writes the line of one update, before it is done.</summary>
    public void Write(int step, long dataStep, ReadOnlySpan<long> samples)
    {
        var line = new System.Text.StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{step} {dataStep}");
        foreach (var sample in samples)
        {
            line.Append(CultureInfo.InvariantCulture, $" {sample}");
        }

        _writer.WriteLine(line);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
