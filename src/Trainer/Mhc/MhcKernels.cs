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
        Call(&MhcNative.SinkhornForward, new MhcNative.SinkhornForwardArgs
        {
            Head = OfLogits(logits, iterations),
            Logits = P(logits),
            Output = P(output),
        });
        return output;
    }

    /// <returns>gradient of the logits, [T, n, n]</returns>
    public static Tensor SinkhornBackward(Tensor logits, Tensor gradOutput, int iterations)
    {
        var gradLogits = empty_like(logits, requires_grad: false);
        Call(&MhcNative.SinkhornBackward, new MhcNative.SinkhornBackwardArgs
        {
            Head = OfLogits(logits, iterations),
            Logits = P(logits),
            GradOutput = P(gradOutput),
            GradLogits = P(gradLogits),
        });
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
        Call(&MhcNative.ConnectForward, new MhcNative.ConnectForwardArgs
        {
            Head = OfPass(code, pass, parameters.Iterations),
            X = S(before?.X ?? pass.X, type),
            Y = S(before?.Y, type),
            ResBefore = Maybe(before?.Res),
            PostBefore = Maybe(before?.Post),
            Phi = P(parameters.Phi),
            Bias = P(parameters.Bias),
            Alpha = P(parameters.Alpha),
            Norm = Maybe(pass.Norm),
            XNext = before is null ? null : S(pass.X, type),
            Pre = P(pass.Pre),
            Post = P(pass.Post),
            Res = P(pass.Res),
            Raw = P(pass.Raw),
            R = P(pass.R),
            H = S(h, type),
            Epsilon = RmsNormKernels.Epsilon,
            XReplicated = before?.Replicated ?? pass.Replicated ? 1 : 0,
        });
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
        Call(&MhcNative.ConnectBackward, new MhcNative.ConnectBackwardArgs
        {
            Head = OfPass(code, pass, parameters.Iterations),
            X = S(pass.X, type),
            Y = S(pass.Y, type),
            Phi = P(parameters.Phi),
            Bias = P(parameters.Bias),
            Alpha = P(parameters.Alpha),
            Norm = Maybe(pass.Norm),
            Pre = P(pass.Pre),
            Post = P(pass.Post),
            Res = P(pass.Res),
            Raw = P(pass.Raw),
            R = P(pass.R),
            GradOutput = S(pass.GradOutput, type),
            GradH = S(gradH, type),
            PostBefore = Maybe(postBefore),
            GradX = S(gradX, type),
            GradYBefore = S(gradSource, type),
            GradPhi = P(gradPhi),
            GradBias = P(gradBias),
            GradAlpha = P(gradAlpha),
            GradNorm = Maybe(gradNorm),
            Epsilon = RmsNormKernels.Epsilon,
            XReplicated = pass.Replicated ? 1 : 0,
            GradOutputReplicated = pass.GradOutput!.dim() == 2 ? 1 : 0,
        });
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
        Call(&MhcNative.FinishForward, new MhcNative.FinishForwardArgs
        {
            Head = OfPass(code, pass),
            X = S(pass.X, type),
            Y = S(pass.Y, type),
            Res = P(pass.Res),
            Post = P(pass.Post),
            Norm = P(norm),
            Total = S(total, type),
            Output = S(output, type),
            Epsilon = RmsNormKernels.Epsilon,
            XReplicated = pass.Replicated ? 1 : 0,
        });
        return (total, output);
    }

    /// <returns>gradients of the sum, which is that of every last stream, of y and of the norm's weight</returns>
    public static (Tensor Total, Tensor Y, Tensor Norm) FinishBackward(Tensor total, Tensor post, Tensor norm, Tensor gradOutput)
    {
        var (type, code) = Stored(total);
        var (gradTotal, gradY, gradNorm) = (Like(total), Like(total), Like(norm));
        Call(&MhcNative.FinishBackward, new MhcNative.FinishBackwardArgs
        {
            Head = new() { Dtype = code, Tokens = total.shape[0], N = (int)post.shape[1], Channels = total.shape[1] },
            Total = S(total, type),
            Post = P(post),
            Norm = P(norm),
            GradOutput = S(gradOutput, type),
            GradTotal = S(gradTotal, type),
            GradY = S(gradY, type),
            GradNorm = P(gradNorm),
            Epsilon = RmsNormKernels.Epsilon,
        });
        return (gradTotal, gradY, gradNorm);
    }

    /// <returns>x' [T, n, C]</returns>
    public static Tensor Write(Tensor x, Tensor y, Tensor res, Tensor post)
    {
        var (type, code) = Stored(x);
        var output = Like(x);
        Call(&MhcNative.WriteForward, new MhcNative.WriteForwardArgs
        {
            Head = OfStreams(code, x),
            X = S(x, type),
            Y = S(y, type),
            Res = P(res),
            Post = P(post),
            Output = S(output, type),
        });
        return output;
    }

    /// <returns>gradients of x, y, res and post</returns>
    public static (Tensor X, Tensor Y, Tensor Res, Tensor Post) WriteBackward(Tensor x, Tensor y, Tensor res, Tensor post,
        Tensor gradOutput)
    {
        var (type, code) = Stored(x);
        var (gradX, gradY, gradRes, gradPost) = (Like(x), Like(y), Like(res), Like(post));
        Call(&MhcNative.WriteBackward, new MhcNative.WriteBackwardArgs
        {
            Head = OfStreams(code, x),
            X = S(x, type),
            Y = S(y, type),
            Res = P(res),
            Post = P(post),
            GradOutput = S(gradOutput, type),
            GradX = S(gradX, type),
            GradY = S(gradY, type),
            GradRes = P(gradRes),
            GradPost = P(gradPost),
        });
        return (gradX, gradY, gradRes, gradPost);
    }

    /// <returns>h [T, C]</returns>
    public static Tensor Read(Tensor x, Tensor pre)
    {
        var (type, code) = Stored(x);
        var head = OfStreams(code, x);
        var h = empty(head.Tokens, head.Channels, dtype: type);
        Call(&MhcNative.ReadForward, new MhcNative.ReadForwardArgs
        {
            Head = head,
            X = S(x, type),
            Pre = P(pre),
            H = S(h, type),
        });
        return h;
    }

    /// <returns>gradients of x and pre</returns>
    public static (Tensor X, Tensor Pre) ReadBackward(Tensor x, Tensor pre, Tensor gradH)
    {
        var (type, code) = Stored(x);
        var (gradX, gradPre) = (Like(x), Like(pre));
        Call(&MhcNative.ReadBackward, new MhcNative.ReadBackwardArgs
        {
            Head = OfStreams(code, x),
            X = S(x, type),
            Pre = P(pre),
            GradH = S(gradH, type),
            GradX = S(gradX, type),
            GradPre = P(gradPre),
        });
        return (gradX, gradPre);
    }

    /// <summary>The part of the write step's gradient that the sublayer waits for.</summary>
    /// <returns>gradient of y, [T, C]</returns>
    public static Tensor WriteBackwardY(Tensor post, Tensor gradOutput)
    {
        var (type, code) = Stored(gradOutput);
        var head = OfStreams(code, gradOutput);
        var gradY = empty(head.Tokens, head.Channels, dtype: type);
        Call(&MhcNative.WriteBackwardY, new MhcNative.WriteBackwardYArgs
        {
            Head = head,
            Post = P(post),
            GradOutput = S(gradOutput, type),
            GradY = S(gradY, type),
        });
        return gradY;
    }

    /// <param name="logits">[T, n, n]</param>
    /// <param name="iterations">t_max</param>
    private static MhcNative.Head OfLogits(Tensor logits, int iterations)
    {
        ReadOnlySpan<long> shape = logits.shape;
        return new() { Tokens = shape[0], N = (int)shape[1], Iterations = iterations };
    }

    /// <param name="code">how the streams are stored</param>
    /// <param name="x">[T, n, C]</param>
    private static MhcNative.Head OfStreams(int code, Tensor x)
    {
        ReadOnlySpan<long> shape = x.shape;
        return new() { Dtype = code, Tokens = shape[0], N = (int)shape[1], Channels = shape[2] };
    }

    /// <param name="code">how the streams are stored</param>
    /// <param name="pass">whose sizes they are</param>
    /// <param name="iterations">t_max, where H_res is made or taken back</param>
    private static MhcNative.Head OfPass(int code, MhcPass pass, int iterations = 0) => new()
    {
        Dtype = code,
        N = pass.Parameters.Streams,
        Iterations = iterations,
        Tokens = pass.Tokens,
        Channels = pass.Channels,
    };
}
