using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// One sublayer's manifold-constrained hyper-connection (arXiv 2512.24880) in composed operations: what the fused path is held against.
/// </summary>
internal sealed class MhcResidual(MhcParameters parameters) : IResidualPath
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor x, Func<Tensor, Tensor> sublayer, MappingMeter? meter)
    {
        var full = parameters.Expand();
        var coefficients = MhcReference.Coefficients(x, full.Phi, full.Bias, full.Alpha, full.Iterations);
        meter?.Add(coefficients.Res);
        var y = sublayer(MhcReference.Read(x, coefficients.Pre));
        return MhcReference.Write(x, y, coefficients.Res, coefficients.Post);
    }
}
