namespace MhcOperator.Trainer.State;

/// <summary>Which implementation of the mHC operations is used.</summary>
internal enum KernelKind
{
    /// <summary>The fused kernels of libmhc_native.so; arithmetic in float32, streams in float32 or bfloat16.</summary>
    Native,

    /// <summary>Composed torch operations, equation by equation; float32 or float64.</summary>
    Reference,
}
