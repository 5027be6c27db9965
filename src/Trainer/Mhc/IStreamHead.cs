using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>Reduces the residual streams to one before the final norm.</summary>
internal interface IStreamHead
{
    /// <param name="x">[T, n, C]</param>
    /// <returns>[T, C]</returns>
    Tensor Reduce(Tensor x);
}
