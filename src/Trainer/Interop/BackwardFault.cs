using System.Runtime.ExceptionServices;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// Carries exceptions out of backward functions. libtorch calls those through C++ frames that no managed exception can cross (the process
/// would abort), so they are caught there, gradients are left undefined, and the next point in managed code throws.
/// </summary>
internal static class BackwardFault
{
    /// <summary>By thread: a CPU graph's backward functions run on the thread that asked for the gradients.</summary>
    [ThreadStatic]
    private static ExceptionDispatchInfo? _first;

    /// <summary>Runs a backward function's body; after an exception, gives <paramref name="inputs"/> undefined gradients.</summary>
    public static List<TorchSharp.torch.Tensor> Guard(int inputs, Func<List<TorchSharp.torch.Tensor>> body)
    {
        try
        {
            BackwardProgress.Advance();
            return body();
        }
        catch (Exception exception)
        {
            _first ??= ExceptionDispatchInfo.Capture(exception);
            return [.. Enumerable.Repeat<TorchSharp.torch.Tensor>(null!, inputs)];
        }
    }

    /// <summary>Throws what the last backward pass ran into, once.</summary>
    public static void ThrowIfAny()
    {
        var fault = _first;
        _first = null;
        fault?.Throw();
    }
}
