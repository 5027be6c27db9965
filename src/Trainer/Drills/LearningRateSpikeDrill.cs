using MhcOperator.Api;

namespace MhcOperator.Trainer.Drills;

/// <summary>The learning rate is far too high for some steps: the loss runs away.</summary>
internal sealed class LearningRateSpikeDrill(DrillSpec spec) : Drill(spec)
{
    /// <inheritdoc/>
    public override double LearningRate(int step, double learningRate) => Covers(step) ? learningRate * Spec.Factor : learningRate;
}
