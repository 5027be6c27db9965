using MhcOperator.Trainer.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// Unconstrained dynamic hyper-connections (arXiv 2409.19606), the baseline: every coefficient is s·tanh(norm(x_j) · W) + its static part,
/// where norm is the RMS norm of one stream. Stream j gives its own weight in the read (A_m) and in the write (B), and column j of H_res
/// (A_r). Start: W = 0, B = 1, A_m = e_{k mod n} for sublayer k, A_r = I, s = 0.01, which is a pre-norm residual network.
/// </summary>
internal sealed class HyperConnectionResidual : IResidualPath
{
    private const double InitialScale = 0.01;

    private readonly KernelKind _kernels;
    private readonly int _streams;
    private readonly Parameter _weight; // [C, n + 2], columns [pre | post | res row]
    private readonly Parameter _bias; // [n² + 2n], [pre n | post n | res n² row-major]
    private readonly Parameter _scale; // [3], s of pre, post and res

    /// <param name="parameters">where the parameters come from</param>
    /// <param name="name">prefix of the parameters' names</param>
    /// <param name="streams">n</param>
    /// <param name="channels">C</param>
    /// <param name="sublayer">k, number of the sublayer from 0</param>
    /// <param name="kernels">implementation of the read and the write; the coefficients are composed operations either way</param>
    public HyperConnectionResidual(ParameterFactory parameters, string name, int streams, long channels, int sublayer, KernelKind kernels)
    {
        _kernels = kernels;
        _streams = streams;
        _weight = parameters.Constant($"{name}.weight", 0, channels, streams + 2);
        using var scope = NewDisposeScope();
        var read = zeros(streams);
        read[sublayer % streams] = 1;
        _bias = parameters.Values($"{name}.bias", cat([read, ones(streams), eye(streams).flatten()]));
        _scale = parameters.Constant($"{name}.scale", InitialScale, 3);
    }

    /// <inheritdoc/>
    public Tensor Apply(Tensor x, Func<Tensor, Tensor> sublayer, MappingMeter? meter)
    {
        var coefficients = Coefficients(x);
        meter?.Add(coefficients.Res);
        if (_kernels == KernelKind.Reference)
        {
            return MhcReference.Write(x, sublayer(MhcReference.Read(x, coefficients.Pre)), coefficients.Res, coefficients.Post);
        }

        var y = sublayer(ReadFunction.Apply(x, coefficients.Pre.contiguous())).to(x.dtype);
        return WriteFunction.Apply(x, y, coefficients.Res.contiguous(), coefficients.Post.contiguous());
    }

    private MhcCoefficients Coefficients(Tensor x)
    {
        long n = _streams;
        var norm = x * x.square().mean([-1], keepdim: true).rsqrt(); // [T, n, C]
        var dynamic = norm.matmul(_weight).tanh(); // [T, n, n + 2]; row j comes from stream j
        var pre = (_scale[0] * dynamic.select(2, 0)) + _bias.narrow(0, 0, n);
        var post = (_scale[1] * dynamic.select(2, 1)) + _bias.narrow(0, n, n);
        var res = (_scale[2] * dynamic.narrow(2, 2, n).transpose(1, 2)) + _bias.narrow(0, 2 * n, n * n).reshape(n, n);
        return new MhcCoefficients(pre, post, res);
    }
}
