using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// What one sublayer's forward pass keeps for its backward pass, shared by <see cref="EnterFunction"/> and <see cref="LeaveFunction"/>.
/// The backward kernel needs both the gradient of the new streams, which only Leave sees, and the gradient of h, which only Enter sees,
/// and the engine runs Leave first because h leads to x'. So Leave puts its gradient here, and Enter does the work for both:
/// the gradient of x is then made in one pass and never added up from two.
/// Tensors here are outside all dispose scopes; <see cref="Dispose"/> frees them, after the backward pass or when there will be none.
/// </summary>
internal sealed class MhcPass : IDisposable
{
    private bool _disposed;

    /// <param name="x">[T, n, C]</param>
    /// <param name="phi">[n·C, M]</param>
    /// <param name="bias">[M]</param>
    /// <param name="alpha">[3]</param>
    /// <param name="iterations">t_max</param>
    public MhcPass(Tensor x, Tensor phi, Tensor bias, Tensor alpha, int iterations)
    {
        long tokens = x.shape[0], n = x.shape[1];
        X = Own(x.detach());
        (Phi, Bias, Alpha) = (phi, bias, alpha);
        Iterations = iterations;
        Pre = Own(empty(tokens, n));
        Post = Own(empty(tokens, n));
        Res = Own(empty(tokens, n, n));
        Raw = Own(empty(tokens, n * (n + 2)));
        R = Own(empty(tokens));
    }

    public Tensor X { get; }

    /// <summary>The model's parameters: not owned here.</summary>
    public Tensor Phi { get; }

    public Tensor Bias { get; }

    public Tensor Alpha { get; }

    public int Iterations { get; }

    /// <summary>[T, n], as all coefficients written by <see cref="MhcKernels.Enter"/>.</summary>
    public Tensor Pre { get; }

    public Tensor Post { get; }

    public Tensor Res { get; }

    /// <summary>[T, M], (v φ) / r.</summary>
    public Tensor Raw { get; }

    /// <summary>[T].</summary>
    public Tensor R { get; }

    /// <summary>[T, C], the sublayer's result; from Leave's forward pass.</summary>
    public Tensor? Y { get; private set; }

    /// <summary>[T, n, C], from Leave's backward pass.</summary>
    public Tensor? GradOutput { get; private set; }

    public void KeepResult(Tensor y) => Y = Own(y.detach());

    public void KeepGradient(Tensor gradOutput) => GradOutput = Own(gradOutput);

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (var tensor in (ReadOnlySpan<Tensor?>)[X, Pre, Post, Res, Raw, R, Y, GradOutput])
        {
            tensor?.Dispose();
        }
    }

    private static Tensor Own(Tensor tensor) => tensor.DetachFromDisposeScope();
}
