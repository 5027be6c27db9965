using static TorchSharp.torch;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// What a function of ours keeps for its backward pass. Tensors given to <c>save_for_backward</c> stay allocated until the graph itself is
/// gone, after the whole backward pass, for TorchSharp's functions have no part in libtorch's releasing; these are freed as soon as they
/// have been used.
/// </summary>
internal static class KeptTensors
{
    private const string Key = "kept";

    /// <summary>Keeps tensors: inputs or others, but no output, which would never be freed.</summary>
    /// <param name="context">of the function</param>
    /// <param name="wanted">whether there will be a backward pass: <c>is_grad_enabled()</c> where the function was applied</param>
    /// <param name="tensors">what is kept</param>
    public static void Keep(this autograd.AutogradContext context, bool wanted, params Tensor[] tensors)
    {
        context.set_materialize_grads(false);
        if (wanted)
        {
            context.save_data(Key, Array.ConvertAll(tensors, t => t.detach().DetachFromDisposeScope()));
        }
    }

    /// <summary>Gives them to whoever disposes of them; once.</summary>
    public static Tensor[] Kept(this autograd.AutogradContext context) => (Tensor[])context.get_data(Key);
}
