namespace MhcOperator.Trainer.Interop;

/// <summary>
/// Lets others look on while a backward pass runs: libtorch offers no hooks to managed code, but calls the model's own backward functions,
/// several in each layer.
/// </summary>
internal static class BackwardProgress
{
    [ThreadStatic]
    private static Action? _look;

    /// <summary>
    /// Has a function called now and then until the pass is over, on the thread that asked for the gradients. It must not throw.
    /// </summary>
    public static void Watch(Action? look) => _look = look;

    /// <summary>To be called from backward functions.</summary>
    public static void Advance() => _look?.Invoke();
}
