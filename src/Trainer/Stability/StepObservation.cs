using MhcOperator.Api;

namespace MhcOperator.Trainer.Stability;

/// <summary>What one step showed before its update: values that all ranks agree on, since they are all-reduced.</summary>
/// <param name="Step">Number of the update, from 1.</param>
/// <param name="DataStep">Data step that it was trained on.</param>
/// <param name="Loss">Nats per token.</param>
/// <param name="GradientNorm">Global norm before clipping.</param>
/// <param name="Gain">Composite gain; null where it was not measured in this step.</param>
/// <param name="Gap">How far residual mappings are from doubly stochastic; null where that was not measured in this step.</param>
internal readonly record struct StepObservation(int Step, long DataStep, double Loss, double GradientNorm, GainStatus? Gain,
    GapStatus? Gap);
