using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Kernels;
using static MhcOperator.Trainer.Kernels.NativeCall;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// The fused kernels on tensors: allocates results, passes pointers, turns error codes into exceptions. No autograd here.
/// All tensors are contiguous on the CPU. Streams, a sublayer's input and result, and the gradients of these are float32 or bfloat16, all
/// of a call alike; everything else is float32. T tokens, n streams, C channels.
/// </summary>
internal static unsafe class MhcKernels
{
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
        Check(
            MhcNative.SinkhornBackward(P(logits), P(gradOutput), P(gradLogits), logits.shape[0], (int)logits.shape[1], iterations, error,
                ErrorSize), error);
        return gradLogits;
    }

    /// <summary>
    /// The write step of the sublayer before, if there is one, then coefficients, read and norm of the pass's, in one pass over the
    /// streams.
    /// </summary>
    /// <param name="pass">filled: its streams (where a sublayer came before) and coefficients</param>
    /// <returns>h [T, C], the sublayer's input</returns>
    public static Tensor Connect(MhcPass pass)
    {
        var (before, parameters) = (pass.Before, pass.Parameters);
        var (type, code) = Stored(pass.X);
        var h = empty(pass.Tokens, pass.Channels, dtype: type);
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.ConnectForward(
                code, S(before?.X ?? pass.X, type), before?.Replicated ?? pass.Replicated ? 1 : 0, S(before?.Y, type), Maybe(before?.Res),
                Maybe(before?.Post), before is null ? null : S(pass.X, type),
                P(parameters.Phi), P(parameters.Bias), P(parameters.Alpha), Maybe(pass.Norm), RmsNormKernels.Epsilon,
                P(pass.Pre), P(pass.Post), P(pass.Res), P(pass.Raw), P(pass.R), S(h, type), pass.Tokens, parameters.Streams, pass.Channels,
                parameters.Iterations, error, ErrorSize),
            error);
        return h;
    }

    /// <summary>Gradients of <see cref="Connect"/> and of the write step after it.</summary>
    /// <param name="pass">a pass whose Y and GradOutput are set</param>
    /// <param name="gradH">[T, C]</param>
    /// <returns>
    /// gradients of the streams (null where they are replicated), of the result before or the replicated row (null where x came as
    /// streams), and of the parameters
    /// </returns>
    public static (Tensor? X, Tensor? Source, Tensor Phi, Tensor Bias, Tensor Alpha, Tensor? Norm) ConnectBackward(MhcPass pass,
        Tensor gradH)
    {
        var parameters = pass.Parameters;
        var (type, code) = Stored(pass.X);
        using var gates = pass.Replicated ? ones(pass.Tokens, parameters.Streams) : null;
        var postBefore = gates ?? pass.Before?.Post;
        var gradX = pass.Replicated ? null : Like(pass.X);
        var gradSource = postBefore is null ? null : empty(pass.Tokens, pass.Channels, dtype: type);
        var (gradPhi, gradBias, gradAlpha, gradNorm) =
            (Like(parameters.Phi), Like(parameters.Bias), Like(parameters.Alpha), pass.Norm is null ? null : Like(pass.Norm));
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.ConnectBackward(
                code, S(pass.X, type), pass.Replicated ? 1 : 0, S(pass.Y, type), P(parameters.Phi), P(parameters.Bias), P(parameters.Alpha),
                Maybe(pass.Norm), RmsNormKernels.Epsilon,
                P(pass.Pre), P(pass.Post), P(pass.Res), P(pass.Raw), P(pass.R), S(pass.GradOutput, type),
                pass.GradOutput!.dim() == 2 ? 1 : 0, S(gradH, type), S(gradX, type),
                Maybe(postBefore), S(gradSource, type), P(gradPhi), P(gradBias), P(gradAlpha), Maybe(gradNorm),
                pass.Tokens, parameters.Streams, pass.Channels, parameters.Iterations, error, ErrorSize),
            error);
        return (gradX, gradSource, gradPhi, gradBias, gradAlpha, gradNorm);
    }

    /// <summary>The last write step, the sum of the streams and the final norm, without making the last streams.</summary>
    /// <param name="pass">the last sublayer's, whose Y is set</param>
    /// <param name="norm">[C]</param>
    /// <returns>the sum [T, C], for the backward pass, and the normed sum [T, C]</returns>
    public static (Tensor Total, Tensor Output) Finish(MhcPass pass, Tensor norm)
    {
        var (type, code) = Stored(pass.X);
        var (total, output) = (empty(pass.Tokens, pass.Channels, dtype: type), empty(pass.Tokens, pass.Channels, dtype: type));
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.FinishForward(
                code, S(pass.X, type), pass.Replicated ? 1 : 0, S(pass.Y, type), P(pass.Res), P(pass.Post), P(norm), RmsNormKernels.Epsilon,
                S(total, type), S(output, type),
                pass.Tokens, pass.Parameters.Streams, pass.Channels, error, ErrorSize),
            error);
        return (total, output);
    }

    /// <returns>gradients of the sum, which is that of every last stream, of y and of the norm's weight</returns>
    public static (Tensor Total, Tensor Y, Tensor Norm) FinishBackward(Tensor total, Tensor post, Tensor norm, Tensor gradOutput)
    {
        var (type, code) = Stored(total);
        var (gradTotal, gradY, gradNorm) = (Like(total), Like(total), Like(norm));
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.FinishBackward(
                code, S(total, type), P(post), P(norm), RmsNormKernels.Epsilon, S(gradOutput, type), S(gradTotal, type), S(gradY, type),
                P(gradNorm),
                total.shape[0], (int)post.shape[1], total.shape[1], error, ErrorSize),
            error);
        return (gradTotal, gradY, gradNorm);
    }

    /// <returns>x' [T, n, C]</returns>
    public static Tensor Write(Tensor x, Tensor y, Tensor res, Tensor post)
    {
        var (tokens, n, channels) = Sizes(x);
        var (type, code) = Stored(x);
        var output = Like(x);
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.WriteForward(code, S(x, type), S(y, type), P(res), P(post), S(output, type), tokens, n, channels, error,
                ErrorSize), error);
        return output;
    }

    /// <returns>gradients of x, y, res and post</returns>
    public static (Tensor X, Tensor Y, Tensor Res, Tensor Post) WriteBackward(Tensor x, Tensor y, Tensor res, Tensor post,
        Tensor gradOutput)
    {
        var (tokens, n, channels) = Sizes(x);
        var (type, code) = Stored(x);
        var (gradX, gradY, gradRes, gradPost) = (Like(x), Like(y), Like(res), Like(post));
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.WriteBackward(
                code, S(x, type), S(y, type), P(res), P(post), S(gradOutput, type), S(gradX, type), S(gradY, type), P(gradRes), P(gradPost),
                tokens, n, channels, 0, error, ErrorSize),
            error);
        return (gradX, gradY, gradRes, gradPost);
    }

    /// <returns>h [T, C]</returns>
    public static Tensor Read(Tensor x, Tensor pre)
    {
        var (tokens, n, channels) = Sizes(x);
        var (type, code) = Stored(x);
        var h = empty(tokens, channels, dtype: type);
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.ReadForward(code, S(x, type), P(pre), S(h, type), tokens, n, channels, error, ErrorSize), error);
        return h;
    }

    /// <returns>gradients of x and pre</returns>
    public static (Tensor X, Tensor Pre) ReadBackward(Tensor x, Tensor pre, Tensor gradH)
    {
        var (tokens, n, channels) = Sizes(x);
        var (type, code) = Stored(x);
        var (gradX, gradPre) = (Like(x), Like(pre));
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.ReadBackward(code, S(x, type), P(pre), S(gradH, type), S(gradX, type), P(gradPre), tokens, n, channels, 0, error,
                ErrorSize), error);
        return (gradX, gradPre);
    }

    /// <summary>The part of the write step's gradient that the sublayer waits for.</summary>
    /// <returns>gradient of y, [T, C]</returns>
    public static Tensor WriteBackwardY(Tensor post, Tensor gradOutput)
    {
        var (tokens, n, channels) = Sizes(gradOutput);
        var (type, code) = Stored(gradOutput);
        var gradY = empty(tokens, channels, dtype: type);
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.WriteBackwardY(code, P(post), S(gradOutput, type), S(gradY, type), tokens, n, channels, error, ErrorSize), error);
        return gradY;
    }

    private static (long Tokens, int Streams, long Channels) Sizes(Tensor x)
    {
        ReadOnlySpan<long> shape = x.shape;
        return (shape[0], (int)shape[1], shape[2]);
    }
}
