using System.Runtime.InteropServices;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Model;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// The fused kernels on tensors: allocates results, passes pointers, turns error codes into exceptions. No autograd here.
/// All tensors are contiguous on the CPU. Streams, a sublayer's input and result, and the gradients of these are float32 or bfloat16, all of a call alike;
/// everything else is float32. T tokens, n streams, C channels.
/// </summary>
internal static unsafe class MhcKernels
{
    private const int ErrorSize = 512;

    static MhcKernels()
    {
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.Initialize(TorchShim.ParallelFor, error, ErrorSize), error);
    }

    /// <summary>avx512_bf16, avx512, avx2 or plain.</summary>
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

    /// <summary>The write step of the sublayer before, if there is one, then coefficients, read and norm of the pass's, in one pass over the streams.</summary>
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
                code, S(before?.X ?? pass.X, type), before?.Replicated ?? pass.Replicated ? 1 : 0, S(before?.Y, type), Maybe(before?.Res), Maybe(before?.Post), before is null ? null : S(pass.X, type),
                P(parameters.Phi), P(parameters.Bias), P(parameters.Alpha), Maybe(pass.Norm), RmsNormKernels.Epsilon,
                P(pass.Pre), P(pass.Post), P(pass.Res), P(pass.Raw), P(pass.R), S(h, type), pass.Tokens, parameters.Streams, pass.Channels, parameters.Iterations, error, ErrorSize),
            error);
        return h;
    }

    /// <summary>Gradients of <see cref="Connect"/> and of the write step after it.</summary>
    /// <param name="pass">a pass whose Y and GradOutput are set</param>
    /// <param name="gradH">[T, C]</param>
    /// <returns>
    /// gradients of the streams (null where they are replicated), of the result before or the replicated row (null where x came as streams), and of the parameters
    /// </returns>
    public static (Tensor? X, Tensor? Source, Tensor Phi, Tensor Bias, Tensor Alpha, Tensor? Norm) ConnectBackward(MhcPass pass, Tensor gradH)
    {
        var parameters = pass.Parameters;
        var (type, code) = Stored(pass.X);
        using var gates = pass.Replicated ? ones(pass.Tokens, parameters.Streams) : null;
        var postBefore = gates ?? pass.Before?.Post;
        var gradX = pass.Replicated ? null : Like(pass.X);
        var gradSource = postBefore is null ? null : empty(pass.Tokens, pass.Channels, dtype: type);
        var (gradPhi, gradBias, gradAlpha, gradNorm) = (Like(parameters.Phi), Like(parameters.Bias), Like(parameters.Alpha), pass.Norm is null ? null : Like(pass.Norm));
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.ConnectBackward(
                code, S(pass.X, type), pass.Replicated ? 1 : 0, S(pass.Y, type), P(parameters.Phi), P(parameters.Bias), P(parameters.Alpha), Maybe(pass.Norm), RmsNormKernels.Epsilon,
                P(pass.Pre), P(pass.Post), P(pass.Res), P(pass.Raw), P(pass.R), S(pass.GradOutput, type), pass.GradOutput!.dim() == 2 ? 1 : 0, S(gradH, type), S(gradX, type),
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
                code, S(pass.X, type), pass.Replicated ? 1 : 0, S(pass.Y, type), P(pass.Res), P(pass.Post), P(norm), RmsNormKernels.Epsilon, S(total, type), S(output, type),
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
                code, S(total, type), P(post), P(norm), RmsNormKernels.Epsilon, S(gradOutput, type), S(gradTotal, type), S(gradY, type), P(gradNorm),
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
        Check(MhcNative.WriteForward(code, S(x, type), S(y, type), P(res), P(post), S(output, type), tokens, n, channels, error, ErrorSize), error);
        return output;
    }

    /// <returns>gradients of x, y, res and post</returns>
    public static (Tensor X, Tensor Y, Tensor Res, Tensor Post) WriteBackward(Tensor x, Tensor y, Tensor res, Tensor post, Tensor gradOutput)
    {
        var (tokens, n, channels) = Sizes(x);
        var (type, code) = Stored(x);
        var (gradX, gradY, gradRes, gradPost) = (Like(x), Like(y), Like(res), Like(post));
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.WriteBackward(
                code, S(x, type), S(y, type), P(res), P(post), S(gradOutput, type), S(gradX, type), S(gradY, type), P(gradRes), P(gradPost), tokens, n, channels, 0, error, ErrorSize),
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
        Check(MhcNative.ReadBackward(code, S(x, type), P(pre), S(gradH, type), S(gradX, type), P(gradPre), tokens, n, channels, 0, error, ErrorSize), error);
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

    /// <summary>Causal grouped-query attention over each batch entry.</summary>
    /// <param name="qkv">[B, t, H + 2 KV, D], float32 or bfloat16: queries, keys, values</param>
    /// <param name="keyHeads">KV, which divides H</param>
    /// <returns>[B, t, H, D]</returns>
    public static Tensor Attention(Tensor qkv, long keyHeads)
    {
        ReadOnlySpan<long> shape = qkv.shape;
        var (type, code) = Stored(qkv);
        var heads = shape[2] - (2 * keyHeads);
        var output = empty(shape[0], shape[1], heads, shape[3], dtype: type);
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.AttentionForward(code, S(qkv, type), S(output, type), shape[0], shape[1], heads, keyHeads, shape[3], error, ErrorSize), error);
        return output;
    }

    /// <returns>gradient of qkv</returns>
    public static Tensor AttentionBackward(Tensor qkv, long keyHeads, Tensor gradOutput)
    {
        ReadOnlySpan<long> shape = qkv.shape;
        var (type, code) = Stored(qkv);
        var gradQkv = Like(qkv);
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.AttentionBackward(
                code, S(qkv, type), S(gradOutput, type), S(gradQkv, type), shape[0], shape[1], shape[2] - (2 * keyHeads), keyHeads, shape[3], error, ErrorSize),
            error);
        return gradQkv;
    }

    /// <summary>left · right, each as it is or transposed, both of float32 or both of bfloat16.</summary>
    /// <param name="left">[rows, depth], or [depth, rows] if transposed; an even depth with bfloat16</param>
    /// <param name="right">[depth, columns], or [columns, depth] if transposed</param>
    /// <param name="result">bfloat16 only where the factors are</param>
    /// <returns>[rows, columns]</returns>
    public static Tensor Multiply(Tensor left, bool leftTransposed, Tensor right, bool rightTransposed, ScalarType result)
    {
        var product = empty(left.shape[leftTransposed ? 1 : 0], right.shape[rightTransposed ? 0 : 1], dtype: result);
        Multiply(left, leftTransposed, right, rightTransposed, product, accumulate: false);
        return product;
    }

    /// <summary>The same, written into <paramref name="to"/> or, where that is float32, added to it.</summary>
    public static void Multiply(Tensor left, bool leftTransposed, Tensor right, bool rightTransposed, Tensor to, bool accumulate)
    {
        var (rows, depth) = leftTransposed ? (left.shape[1], left.shape[0]) : (left.shape[0], left.shape[1]);
        var (columns, rightDepth) = rightTransposed ? (right.shape[0], right.shape[1]) : (right.shape[1], right.shape[0]);
        if (depth != rightDepth)
        {
            throw new ArgumentException($"A matrix with a depth of {depth} cannot be multiplied with one of {rightDepth}.", nameof(right));
        }

        var (type, code) = Stored(left);
        byte* error = stackalloc byte[ErrorSize];
        Check(
            MhcNative.Multiply(
                code, S(left, type), leftTransposed ? 1 : 0, S(right, type), rightTransposed ? 1 : 0, Stored(to).Code, TensorMemory.Pointer(to), accumulate ? 1 : 0, rows, columns, depth, error, ErrorSize),
            error);
    }

    private static (long Tokens, int Streams, long Channels) Sizes(Tensor x)
    {
        ReadOnlySpan<long> shape = x.shape;
        return (shape[0], (int)shape[1], shape[2]);
    }

    /// <summary>How a call's streams are stored, and the kernels' number for that.</summary>
    private static (ScalarType Type, int Code) Stored(Tensor x) => x.dtype == ScalarType.BFloat16 ? (ScalarType.BFloat16, 1) : (ScalarType.Float32, 0);

    private static Tensor Like(Tensor tensor) => empty_like(tensor, requires_grad: false);

    /// <summary>The callers' tensors are used after the native call or held by a pass, so they outlive it.</summary>
    private static float* P(Tensor tensor) => TensorMemory.Floats(tensor);

    private static void* S(Tensor? tensor, ScalarType type) => tensor is null ? null : TensorMemory.Elements(tensor, type);

    private static float* Maybe(Tensor? tensor) => tensor is null ? null : P(tensor);

    private static void Check(int status, byte* error)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"The mHC kernels failed with code {status}: {Marshal.PtrToStringUTF8((nint)error)}");
        }
    }
}
