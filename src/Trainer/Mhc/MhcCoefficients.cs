using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>The per-token coefficients of one hyper-connection.</summary>
/// <param name="Pre">[tokens, n], weights of the streams in the sublayer's input</param>
/// <param name="Post">[tokens, n], weights of the sublayer's result in the streams</param>
/// <param name="Res">[tokens, n, n], mixing of the streams: row = new stream, column = old stream</param>
internal readonly record struct MhcCoefficients(Tensor Pre, Tensor Post, Tensor Res);
