using MhcOperator.Api;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Profiling;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>The feed-forward sublayer: RMS norm, then SwiGLU, down(silu(gate(h)) · up(h)), with gate and up as one projection.</summary>
internal sealed class FeedForward
{
    private readonly Linear _gateUp; // C → 2 W
    private readonly Linear _down; // W → C

    public FeedForward(ParameterFactory parameters, string name, ModelDimensions sizes, Precision precision, KernelKind kernels)
    {
        Norm = new RmsNorm(parameters, $"{name}.norm", sizes.Width);
        _gateUp = new Linear(parameters, $"{name}.gate_up", sizes.Width, 2 * sizes.FeedForwardWidth, precision, kernels);
        _down = new Linear(parameters, $"{name}.down", sizes.FeedForwardWidth, sizes.Width, precision, kernels,
            residualBranches: 2 * sizes.Layers);
    }

    /// <summary>The sublayer's norm, which the residual path applies.</summary>
    public RmsNorm Norm { get; }

    /// <summary>Its products.</summary>
    public IEnumerable<Linear> Products => [_gateUp, _down];

    /// <param name="h_TC">[T, C], normed</param>
    /// <returns>[T, C], bfloat16 or float32 by the precision</returns>
    public Tensor Apply(Tensor h_TC)
    {
        using var scope = NewDisposeScope();
        var gateUp = StepProfile.Ends(_gateUp.Apply(h_TC), "feed-forward, product to gate and up");
        var gated = StepProfile.Ends(SwiGluFunction.Apply(gateUp), "feed-forward, SwiGLU");
        return StepProfile.Ends(_down.Apply(gated), "feed-forward, product down").MoveToOuterDisposeScope();
    }
}
