using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Stability;

/// <summary>What all detectors together say about one step.</summary>
/// <param name="State">Healthy, suspicious or unstable.</param>
/// <param name="SkipUpdate">The update must be left out, since the loss or a gradient is not finite.</param>
/// <param name="Findings">Of the detectors that are suspicious.</param>
/// <param name="Notes">Of detectors that are not ordinary, and do not make the step suspicious: worth a word.</param>
/// <param name="Onset">First step of the run of suspicious ones, and its data step; null while healthy.</param>
internal sealed record StabilityReport(StabilityState State, bool SkipUpdate, IReadOnlyList<Finding> Findings, IReadOnlyList<Finding> Notes,
    (int Step, long DataStep)? Onset);
