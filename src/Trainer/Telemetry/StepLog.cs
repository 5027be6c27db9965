using System.Globalization;
using MhcOperator.Trainer.Stability;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>One line of JSON for each update, with all its digits, for comparisons.</summary>
internal sealed class StepLog(LogFile file)
{
    /// <summary>Writes a step; a value that is not finite is null.</summary>
    public void Write(in StepObservation step, double learningRate) => file.Write(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"step\":{step.Step},\"dataStep\":{step.DataStep},\"loss\":{Json(step.Loss)},\"gradientNorm\":{Json(step.GradientNorm)},\"learningRate\":{Json(learningRate)}}}"));

    private static string Json(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "null";
}
