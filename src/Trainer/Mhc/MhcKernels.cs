using System.Runtime.InteropServices;
using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// The fused kernels on tensors: allocates results, passes pointers, turns error codes into exceptions. No autograd here.
/// All tensors are float32 and contiguous on the CPU. T tokens, n streams, C channels.
/// </summary>
internal static unsafe class MhcKernels
{
    private const int ErrorSize = 512;

    static MhcKernels()
    {
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.Initialize(TorchShim.ParallelFor, error, ErrorSize), error);
    }

    /// <summary>avx512, avx2 or plain.</summary>
    public static string InstructionSet => Marshal.PtrToStringUTF8((nint)MhcNative.InstructionSet()) ?? "none";

    /// <param name="logits">[T, n, n]</param>
    /// <param name="iterations">t_max</param>
    /// <returns>[T, n, n]</returns>
    public static Tensor Sinkhorn(Tensor logits, int iterations)
    {
        var output = empty_like(logits, requires_grad: false);
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.SinkhornForward(P(logits), P(output), logits.shape[0], (int)logits.shape[1], iterations, error, ErrorSize), error);
        return output;
    }

    /// <returns>gradient of the logits, [T, n, n]</returns>
    public static Tensor SinkhornBackward(Tensor logits, Tensor gradOutput, int iterations)
    {
        var gradLogits = empty_like(logits, requires_grad: false);
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.SinkhornBackward(P(logits), P(gradOutput), P(gradLogits), logits.shape[0], (int)logits.shape[1], iterations, error, ErrorSize), error);
        return gradLogits;
    }

    /// <summary>Coefficients and the sublayer's input in one pass over the streams; fills the pass's coefficients.</summary>
    /// <returns>h [T, C]</returns>
    public static Tensor Enter(MhcPass pass)
    {
        var (tokens, n, channels) = Sizes(pass.X);
        var h = empty(tokens, channels);
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.EnterForward(
                P(pass.X), P(pass.Phi), P(pass.Bias), P(pass.Alpha), P(pass.Pre), P(pass.Post), P(pass.Res), P(pass.Raw), P(pass.R), P(h),
                tokens, n, channels, pass.Iterations, error, ErrorSize),
            error);
        return h;
    }

    /// <returns>x' [T, n, C]</returns>
    public static Tensor Write(Tensor x, Tensor y, Tensor res, Tensor post)
    {
        var (tokens, n, channels) = Sizes(x);
        var output = empty_like(x, requires_grad: false);
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.WriteForward(P(x), P(y), P(res), P(post), P(output), tokens, n, channels, error, ErrorSize), error);
        return output;
    }

    /// <returns>gradients of x, y, res and post</returns>
    public static (Tensor X, Tensor Y, Tensor Res, Tensor Post) WriteBackward(Tensor x, Tensor y, Tensor res, Tensor post, Tensor gradOutput)
    {
        var (tokens, n, channels) = Sizes(x);
        var (gradX, gradY, gradRes, gradPost) = (Like(x), Like(y), Like(res), Like(post));
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.WriteBackward(
                P(x), P(y), P(res), P(post), P(gradOutput), P(gradX), P(gradY), P(gradRes), P(gradPost), tokens, n, channels, 0, error, ErrorSize),
            error);
        return (gradX, gradY, gradRes, gradPost);
    }

    /// <returns>h [T, C]</returns>
    public static Tensor Read(Tensor x, Tensor pre)
    {
        var (tokens, n, channels) = Sizes(x);
        var h = empty(tokens, channels);
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.ReadForward(P(x), P(pre), P(h), tokens, n, channels, error, ErrorSize), error);
        return h;
    }

    /// <returns>gradients of x and pre</returns>
    public static (Tensor X, Tensor Pre) ReadBackward(Tensor x, Tensor pre, Tensor gradH)
    {
        var (tokens, n, channels) = Sizes(x);
        var (gradX, gradPre) = (Like(x), Like(pre));
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.ReadBackward(P(x), P(pre), P(gradH), P(gradX), P(gradPre), tokens, n, channels, 0, error, ErrorSize), error);
        return (gradX, gradPre);
    }

    /// <summary>The part of the write step's gradient that the sublayer waits for.</summary>
    /// <returns>gradient of y, [T, C]</returns>
    public static Tensor WriteBackwardY(Tensor post, Tensor gradOutput)
    {
        var (tokens, n, channels) = Sizes(gradOutput);
        var gradY = empty(tokens, channels);
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.WriteBackwardY(P(post), P(gradOutput), P(gradY), tokens, n, channels, error, ErrorSize), error);
        return gradY;
    }

    /// <summary>The rest of the connection's gradient: write step (but y), read step and coefficients in one pass.</summary>
    /// <param name="pass">a pass whose X, Y and GradOutput are set</param>
    /// <param name="gradH">[T, C]</param>
    /// <returns>gradients of x and the parameters</returns>
    public static (Tensor X, Tensor Phi, Tensor Bias, Tensor Alpha) LayerBackward(MhcPass pass, Tensor gradH)
    {
        var (tokens, n, channels) = Sizes(pass.X);
        var (gradX, gradPhi, gradBias, gradAlpha) = (Like(pass.X), Like(pass.Phi), Like(pass.Bias), Like(pass.Alpha));
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.LayerBackward(
                P(pass.X), P(pass.Y!), P(pass.Phi), P(pass.Bias), P(pass.Alpha), P(pass.Pre), P(pass.Post), P(pass.Res), P(pass.Raw), P(pass.R),
                P(pass.GradOutput!), P(gradH), P(gradX), P(gradPhi), P(gradBias), P(gradAlpha), tokens, n, channels, pass.Iterations, error, ErrorSize),
            error);
        return (gradX, gradPhi, gradBias, gradAlpha);
    }

    private static (long Tokens, int Streams, long Channels) Sizes(Tensor x)
    {
        ReadOnlySpan<long> shape = x.shape;
        return (shape[0], (int)shape[1], shape[2]);
    }

    private static Tensor Like(Tensor tensor) => empty_like(tensor, requires_grad: false);

    /// <summary>The callers' tensors are used after the native call or held by a pass, so they outlive it.</summary>
    private static float* P(Tensor tensor) => TensorMemory.Floats(tensor);

    private static void Check(int status, byte* error)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"The mHC kernels failed with code {status}: {Marshal.PtrToStringUTF8((nint)error)}");
        }
    }
}
