using MhcOperator.Api;
using MhcOperator.Trainer.Model;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>One sublayer's manifold-constrained hyper-connection (arXiv 2512.24880): parameters, and the choice of implementation.</summary>
internal sealed class MhcResidual : IResidualPath
{
    private readonly KernelKind _kernels;
    private readonly int _iterations;
    private readonly Parameter _phi; // [n·C, M]
    private readonly Parameter _bias; // [M]
    private readonly Parameter _alpha; // [3]

    /// <param name="parameters">where the parameters come from</param>
    /// <param name="name">prefix of the parameters' names</param>
    /// <param name="spec">streams, iterations, initial gate</param>
    /// <param name="channels">C</param>
    /// <param name="kernels">implementation</param>
    public MhcResidual(ParameterFactory parameters, string name, MhcSpec spec, long channels, KernelKind kernels)
    {
        _kernels = kernels;
        _iterations = spec.SinkhornIterations;
        _phi = MhcInitialization.Projection(parameters, $"{name}.phi", spec.Streams, channels);
        _bias = MhcInitialization.Bias(parameters, $"{name}.bias", spec.Streams);
        _alpha = parameters.Constant($"{name}.alpha", spec.InitialGate, 3);
    }

    /// <inheritdoc/>
    public Tensor Apply(Tensor x, Func<Tensor, Tensor> sublayer, CompositeGain? gain) =>
        _kernels == KernelKind.Native ? ApplyNative(x, sublayer, gain) : ApplyReference(x, sublayer, gain);

    private Tensor ApplyNative(Tensor x, Func<Tensor, Tensor> sublayer, CompositeGain? gain)
    {
        var pass = new MhcPass(x, _phi, _bias, _alpha, _iterations);
        var y = sublayer(EnterFunction.Apply(pass, x));
        gain?.Add(pass.Res);
        var output = LeaveFunction.Apply(pass, y);
        if (!output.requires_grad)
        {
            pass.Dispose();
        }

        return output;
    }

    private Tensor ApplyReference(Tensor x, Func<Tensor, Tensor> sublayer, CompositeGain? gain)
    {
        var coefficients = MhcReference.Coefficients(x, _phi, _bias, _alpha, _iterations);
        gain?.Add(coefficients.Res);
        var y = sublayer(MhcReference.Read(x, coefficients.Pre));
        return MhcReference.Write(x, y, coefficients.Res, coefficients.Post);
    }
}
