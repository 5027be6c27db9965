using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Stability;

/// <summary>Makes the contract's verdict of a report.</summary>
internal static class VerdictBuilder
{
    /// <summary>
    /// Names the data to skip, a margin before the onset and after the detection, unless they are not at fault, and the checkpoint to go
    /// back to.
    /// </summary>
    /// <param name="report">Of state Unstable.</param>
    /// <param name="detected">The step at which it was found.</param>
    /// <param name="rollback">Has the margin.</param>
    /// <param name="verifiedSteps">Steps of the verified checkpoints, in any order.</param>
    public static Verdict Build(StabilityReport report, in StepObservation detected, RollbackPolicy rollback,
        IEnumerable<int> verifiedSteps)
    {
        var onset = report.Onset ?? (detected.Step, detected.DataStep);
        var evidence = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in report.Findings.SelectMany(f => f.Evidence).Where(e => double.IsFinite(e.Value)))
        {
            evidence.TryAdd(name, value);
        }

        return new Verdict
        {
            Reason = report.Findings[0].Reason,
            Message = report.Findings[0].Message,
            DetectedStep = detected.Step,
            OnsetStep = onset.Step,
            BadData = report.Findings[0].SparesData ? null
                : new DataWindow(Math.Max(0, onset.DataStep - rollback.SkipBatches), detected.DataStep + rollback.SkipBatches),
            // A checkpoint of the onset's step or later already holds what made it sick.
            RestoreStep = verifiedSteps.Where(s => s < onset.Step).DefaultIfEmpty(0).Max(),
            Evidence = evidence,
        };
    }
}
