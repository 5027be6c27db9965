using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Drills;

/// <summary>One element of one rank's gradients is NaN.</summary>
internal sealed class NonFiniteGradientDrill(DrillSpec spec) : Drill(spec)
{
    /// <inheritdoc/>
    public override void Gradients(int step, IReadOnlyList<NamedParameter> parameters)
    {
        if (Covers(step) && parameters.Select(p => p.Value.grad).FirstOrDefault(g => g is not null) is { } gradient)
        {
            TensorMemory.Span<float>(gradient)[0] = float.NaN;
        }
    }
}
