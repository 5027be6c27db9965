using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>Termination messages of unstable trainers.</summary>
internal static class Verdicts
{
    public static string LossSpike(int detected = 120, int onset = 115, int restore = 100, DataWindow? bad = null) =>
        JsonSerializer.Serialize(
        new Verdict
        {
            Reason = "LossSpike",
            Message = "loss 9.1 is 12 sigma over 2.1",
            DetectedStep = detected,
            OnsetStep = onset,
            RestoreStep = restore,
            BadData = bad
        },
        ApiJsonContext.Default.Verdict);
}
