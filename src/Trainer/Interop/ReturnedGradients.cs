using static TorchSharp.torch;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// Keeps the tensors that a backward function returned until libtorch has copied their handles, which it has when the next backward
/// function on the same thread starts. Left to the step's dispose scope they would all stay allocated until its end.
/// </summary>
internal static class ReturnedGradients
{
    [ThreadStatic]
    private static List<Tensor>? _last;

    /// <summary>Frees what the call before gave, and keeps these.</summary>
    public static List<Tensor> Keep(List<Tensor> gradients)
    {
        Release();
        foreach (var gradient in gradients)
        {
            gradient?.DetachFromDisposeScope();
        }

        _last = gradients;
        return gradients;
    }

    /// <summary>Frees the last ones; to be called when a backward pass is over.</summary>
    public static void Release()
    {
        foreach (var gradient in _last ?? [])
        {
            gradient?.Dispose();
        }

        _last = null;
    }
}
