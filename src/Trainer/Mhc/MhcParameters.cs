using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>What one sublayer's mHC coefficients are made with.</summary>
/// <param name="Phi">[n·C, M]</param>
/// <param name="Bias">[M]</param>
/// <param name="Alpha">[3]</param>
/// <param name="Streams">n</param>
/// <param name="Iterations">t_max</param>
internal sealed record MhcParameters(Tensor Phi, Tensor Bias, Tensor Alpha, int Streams, int Iterations);
