using System.Numerics;
using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Kernels;

/// <summary>
/// Output projection and mean cross-entropy in one, some tokens at a time, so that the logits [T, V] of all tokens never exist. The
/// gradients are made in the forward pass, where the logits of a chunk are at hand: the backward pass need not compute them again.
/// </summary>
internal sealed unsafe class HeadLossFunction : autograd.SingleTensorFunction<HeadLossFunction>
{
    /// <summary>Vocabularies from here on take memory and time in their logits that is worth saving.</summary>
    public const long LeastVocabulary = 4096;

    private const int Inputs = 7;
    private const long ChunkLogits = 1 << 24;
    private const long LeastChunkTokens = 256; // the gradient of the weight is read and written again for every chunk

    public override string Name => nameof(HeadLossFunction);

    /// <param name="x">[T, C], float32 or bfloat16</param>
    /// <param name="weight">[V, C] float32</param>
    /// <param name="rounded">the weight as the products take it; they are in its precision</param>
    /// <param name="targets">[T] int64 contiguous</param>
    /// <param name="native">whether products are ours: <see cref="MatrixProducts"/></param>
    /// <param name="chunkLogits">logits that may exist at a time, if that is at least 256 tokens'</param>
    /// <returns>nats per token, float32 scalar</returns>
    /// <exception cref="ArgumentOutOfRangeException">A target is no token number.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor rounded, Tensor targets, bool native, long chunkLogits = ChunkLogits) =>
        apply(x, weight, rounded.detach(), targets, native, chunkLogits, is_grad_enabled() && (x.requires_grad || weight.requires_grad));

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, weight, targets, native, chunkLogits, gradients) =
            ((Tensor)vars[0], (Tensor)vars[2], (Tensor)vars[3], (bool)vars[4], (long)vars[5], (bool)vars[6]);
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        long tokens = x.shape[0], vocabulary = weight.shape[0];
        Refuse(TensorMemory.Span<long>(targets), vocabulary);
        var gradX = gradients ? empty_like(x, requires_grad: false) : null;
        var gradWeight = gradients ? empty(vocabulary, x.shape[1]) : null;
        var losses = new double[tokens];
        var chunk = Math.Max(LeastChunkTokens, chunkLogits / vocabulary);
        for (long begin = 0; begin < tokens; begin += chunk)
        {
            using var pieces = NewDisposeScope();
            var count = Math.Min(chunk, tokens - begin);
            var input = x.narrow(0, begin, count).to(weight.dtype).contiguous();
            var logits = MatrixProducts.Multiply(native, input, false, weight, true, ScalarType.Float32);
            fixed (double* loss = losses)
            {
                CrossEntropyKernels.Apply(TensorMemory.Floats(logits), (long*)TensorMemory.Pointer(targets) + begin, loss + begin,
                    gradients ? 1f / tokens : 0, count, vocabulary);
            }

            if (gradients)
            {
                var gradLogits = logits.to(weight.dtype);
                gradX!.narrow(0, begin, count).copy_(MatrixProducts.Multiply(native, gradLogits, false, weight, false, x.dtype));
                MatrixProducts.AddTransposed(native, gradLogits, input, gradWeight!, accumulate: begin > 0);
            }
        }

        ctx.Keep(gradients, gradX!, gradWeight!);
        return tensor((float)(losses.Sum() / tokens)).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        var saved = ctx.Kept();
        var scale = grad_output.item<float>();
        grad_output.Dispose();
        if (scale != 1)
        {
            Array.ForEach(saved, gradient => gradient.mul_(scale));
        }

        return ReturnedGradients.Keep([saved[0], saved[1], null!, null!, null!, null!, null!]);
    });

    private static void Refuse(ReadOnlySpan<long> targets, long vocabulary)
    {
        foreach (var target in targets)
        {
            if (target < 0 || target >= vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(targets), target,
                    $"A token number must be from 0 to {vocabulary - 1} (model.vocabulary).");
            }
        }
    }
}

/// <summary>
/// Cross-entropy of rows of logits, −log softmax(x)[target], and its gradient in the logits' own memory. A row is passed over three times,
/// in the cache; composed of torch operations it is nine times, in memory. float32, contiguous.
/// </summary>
internal static unsafe class CrossEntropyKernels
{
    /// <summary>Fewest logits that are worth a thread.</summary>
    private const long Grain = 1 << 14;

    /// <summary>Elements that are added up in single precision.</summary>
    private const int Run = 1 << 12;

    private static int Lanes => Vector<float>.Count;

    /// <summary>The loss of each row.</summary>
    /// <param name="logits">[rows, V]; with a <paramref name="scale"/> overwritten by scale · (softmax − one-hot(target)), else by what is
    /// of no use</param>
    /// <param name="targets">[rows], each from 0 to V − 1</param>
    /// <param name="losses">[rows], written; not finite where a logit is not</param>
    /// <param name="scale">of the gradient; 0 = no gradient</param>
    /// <param name="rows">number of rows</param>
    /// <param name="vocabulary">V</param>
    public static void Apply(float* logits, long* targets, double* losses, float scale, long rows, long vocabulary) =>
        ParallelRows.Run(rows, Math.Max(1, Grain / vocabulary), (begin, end) =>
    {
        for (var t = begin; t < end; t++)
        {
            var row = logits + (t * vocabulary);
            var picked = row[targets[t]];
            var most = Maximum(row, vocabulary);
            var sum = Exponentials(row, most, vocabulary);
            losses[t] = Math.Log(sum) + most - picked;
            if (scale != 0)
            {
                Multiply(row, (float)(scale / sum), vocabulary);
                row[targets[t]] -= scale;
            }
        }
    });

    private static float Maximum(float* row, long count)
    {
        var most = float.NegativeInfinity;
        long c = 0;
        if (count >= Lanes)
        {
            var lanes = Vector.Load(row);
            for (c = Lanes; c <= count - Lanes; c += Lanes)
            {
                lanes = Vector.Max(lanes, Vector.Load(row + c));
            }

            for (var lane = 0; lane < Lanes; lane++)
            {
                most = MathF.Max(most, lanes[lane]);
            }
        }

        for (; c < count; c++)
        {
            most = MathF.Max(most, row[c]);
        }

        return most;
    }

    /// <summary>
    /// Replaces each element by exp(x − most); returns the sum of all, from runs so short that single precision is enough.
    /// </summary>
    private static double Exponentials(float* row, float most, long count)
    {
        double sum = 0;
        var shift = new Vector<float>(most);
        long c = 0;
        while (c <= count - Lanes)
        {
            var end = Math.Min(c + Run, count - Lanes + 1);
            var lanes = Vector<float>.Zero;
            for (; c < end; c += Lanes)
            {
                var value = Vector.Exp(Vector.Load(row + c) - shift);
                value.Store(row + c);
                lanes += value;
            }

            sum += Vector.Sum(lanes);
        }

        for (; c < count; c++)
        {
            row[c] = MathF.Exp(row[c] - most);
            sum += row[c];
        }

        return sum;
    }

    private static void Multiply(float* row, float factor, long count)
    {
        long c = 0;
        for (; c <= count - Lanes; c += Lanes)
        {
            (Vector.Load(row + c) * factor).Store(row + c);
        }

        for (; c < count; c++)
        {
            row[c] *= factor;
        }
    }
}
