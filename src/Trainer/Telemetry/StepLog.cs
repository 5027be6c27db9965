using System.Globalization;
using MhcOperator.Trainer.Stability;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>One line of JSON for each step, for plots and comparisons. A restarted trainer appends.</summary>
internal sealed class StepLog : IDisposable
{
    private readonly StreamWriter _writer;

    /// <param name="path">File to append to.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public StepLog(string path) => _writer = new StreamWriter(path, append: true) { AutoFlush = true };

    /// <summary>Writes a step; a value that is not finite is null.</summary>
    public void Write(in StepObservation step, double learningRate) => _writer.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"step\":{step.Step},\"dataStep\":{step.DataStep},\"loss\":{Json(step.Loss)},\"gradientNorm\":{Json(step.GradientNorm)},\"learningRate\":{Json(learningRate)}}}"));

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private static string Json(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "null";
}
