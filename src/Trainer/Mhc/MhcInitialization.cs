using MhcOperator.Api;
using MhcOperator.Trainer.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// Initial values of one mHC sublayer. The paper gives α = 0.01 (table 5) and is silent on φ and b. Chosen here so that training starts
/// from a plain residual network, with the dynamic part small but with a gradient:
/// φ ~ N(0, 0.02²); b_pre so that H_pre = 1/n and the read is the mean of the streams, which all begin as the embedding;
/// b_post = 0 so that H_post = 1 and every stream gets the whole of F's result; b_res = 5·I, so that H_res is near the identity
/// (diagonal 0.980 for n = 4). With reduced coordinates b_res is 5·(I + 11ᵀ), of n − 1 rows: 5·I less its last row and column, which
/// gives the same mapping.
/// </summary>
internal static class MhcInitialization
{
    private const double ProjectionDeviation = 0.02;
    private const double ResidualDiagonal = 5.0;

    /// <summary>All of a sublayer's parameters.</summary>
    /// <param name="parameters">where they come from</param>
    /// <param name="name">prefix of their names</param>
    /// <param name="spec">streams, iterations, initial gate, coordinates</param>
    /// <param name="channels">C</param>
    public static MhcParameters Sublayer(ParameterFactory parameters, string name, MhcSpec spec, long channels) => new(
        parameters.Normal($"{name}.phi", ProjectionDeviation, spec.Streams * channels, (2 * spec.Streams) + Logits(spec)),
        Bias(parameters, $"{name}.bias", spec),
        parameters.Constant($"{name}.alpha", spec.InitialGate, 3),
        spec.Streams,
        spec.SinkhornIterations);

    /// <summary>b [n²+2n], or [(n−1)²+2n] with reduced coordinates.</summary>
    public static Parameter Bias(ParameterFactory parameters, string name, MhcSpec spec)
    {
        using var scope = NewDisposeScope();
        long streams = spec.Streams;
        var logits = spec.Parameters == MhcCoordinates.Reduced ? eye(streams - 1) + 1 : eye(streams);
        return parameters.Values(name, cat([full([streams], ReadBias(streams)), zeros(streams), (logits * ResidualDiagonal).flatten()]));
    }

    /// <summary>Coefficients that H_res is made from.</summary>
    private static long Logits(MhcSpec spec) =>
        spec.Parameters == MhcCoordinates.Reduced ? (spec.Streams - 1L) * (spec.Streams - 1) : (long)spec.Streams * spec.Streams;

    /// <summary>sigmoid⁻¹(1/n); for one stream sigmoid cannot reach 1, and 5 gives 0.993.</summary>
    private static double ReadBias(long streams) => streams == 1 ? ResidualDiagonal : -Math.Log(streams - 1);
}
