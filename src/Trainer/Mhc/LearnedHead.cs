using MhcOperator.Trainer.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// Adds the streams under learned gates: sigmoid(α · (v φ)/r + b) with the projection of the read step (eq. 7), φ [n·C, n].
/// Starts as half the sum of the streams, which the final norm makes equal to <see cref="SumHead"/>.
/// </summary>
internal sealed class LearnedHead : IStreamHead
{
    private readonly Parameter _phi;
    private readonly Parameter _bias;
    private readonly Parameter _alpha;

    public LearnedHead(ParameterFactory parameters, string name, int streams, long channels, double initialGate)
    {
        _phi = parameters.Normal($"{name}.phi", 0.02, streams * channels, streams);
        _bias = parameters.Constant($"{name}.bias", 0, streams);
        _alpha = parameters.Constant($"{name}.alpha", initialGate, 1);
    }

    /// <inheritdoc/>
    public Tensor Reduce(Tensor x)
    {
        var v = x.flatten(1);
        var r = v.square().mean([-1], keepdim: true).sqrt();
        var gates = sigmoid((_alpha * (v.matmul(_phi) / r)) + _bias);
        return MhcReference.Read(x, gates);
    }
}
