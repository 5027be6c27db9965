using MhcOperator.Trainer.Kernels;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>Attention or feed-forward, as the residual path sees it: F(h) = Body(Norm(h)).</summary>
/// <param name="Norm">its own norm, which fused kernels apply themselves</param>
/// <param name="Body">[T, C] normed, float32 or bfloat16 → [T, C] in the type of its matrix products, contiguous</param>
internal sealed record Sublayer(RmsNorm Norm, Func<Tensor, Tensor> Body);
