using System.Globalization;
using MhcOperator.Trainer.Telemetry;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// One line for each update: step, data step and the samples of the whole batch, in order. It shows which data a run was trained on.
/// </summary>
internal sealed class DataLog(LogFile file)
{
    /// <summary>Writes the line of one update, before it is done.</summary>
    public void Write(int step, long dataStep, ReadOnlySpan<long> samples)
    {
        var line = new System.Text.StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{step} {dataStep}");
        foreach (var sample in samples)
        {
            line.Append(CultureInfo.InvariantCulture, $" {sample}");
        }

        file.Write(line.ToString());
    }
}
