using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// mHC in composed torch operations, equation by equation (arXiv 2512.24880, section 4): what the fused kernels are held against.
/// Works in float32 and float64; gradients come from autograd. No epsilon anywhere. T tokens, n streams, C channels, M = n² + 2n.
/// </summary>
internal static class MhcReference
{
    /// <summary>
    /// Eq. 9: M = exp(logits − max), then every column and after it every row is divided by its sum, <paramref name="iterations"/> times.
    /// The maximum cancels in the first division; without it exp overflows at logits of 89, which training does reach.
    /// </summary>
    /// <param name="logits">[T, n, n]</param>
    /// <param name="iterations">t_max, 20 in the paper</param>
    /// <returns>[T, n, n]; rows sum to 1, columns nearly</returns>
    public static Tensor SinkhornKnopp(Tensor logits, int iterations)
    {
        var m = (logits - logits.detach().amax([-2, -1], keepdim: true)).exp();
        for (var t = 0; t < iterations; t++)
        {
            m = m / m.sum(-2, keepdim: true);
            m = m / m.sum(-1, keepdim: true);
        }

        return m;
    }

    /// <summary>Eq. 7 and 8: the coefficients from the streams.</summary>
    /// <param name="x">[T, n, C]</param>
    /// <param name="phi">[n·C, M], columns [pre n | post n | res n² row-major]</param>
    /// <param name="bias">[M]</param>
    /// <param name="alpha">[3], gates of pre, post and res</param>
    /// <param name="iterations">of <see cref="SinkhornKnopp"/></param>
    public static MhcCoefficients Coefficients(Tensor x, Tensor phi, Tensor bias, Tensor alpha, int iterations)
    {
        long tokens = x.shape[0], n = x.shape[1], flat = n * x.shape[2];
        var v = x.reshape(tokens, flat);
        var r = v.square().mean([-1], keepdim: true).sqrt();
        var raw = v.matmul(phi) / r;

        var pre = sigmoid((alpha[0] * raw.narrow(1, 0, n)) + bias.narrow(0, 0, n));
        var post = 2 * sigmoid((alpha[1] * raw.narrow(1, n, n)) + bias.narrow(0, n, n));
        var logits = (alpha[2] * raw.narrow(1, 2 * n, n * n)) + bias.narrow(0, 2 * n, n * n);
        return new MhcCoefficients(pre, post, SinkhornKnopp(logits.reshape(tokens, n, n), iterations));
    }

    /// <summary>Eq. 3, first half: h = H_pre x.</summary>
    /// <param name="x">[T, n, C]</param>
    /// <param name="pre">[T, n]</param>
    /// <returns>[T, C]</returns>
    public static Tensor Read(Tensor x, Tensor pre) => pre.unsqueeze(1).matmul(x).squeeze(1);

    /// <summary>Eq. 3, second half: x' = H_res x + H_postᵀ y.</summary>
    /// <param name="x">[T, n, C]</param>
    /// <param name="y">[T, C], the sublayer's result</param>
    /// <param name="res">[T, n, n]</param>
    /// <param name="post">[T, n]</param>
    /// <returns>[T, n, C]</returns>
    public static Tensor Write(Tensor x, Tensor y, Tensor res, Tensor post) => res.matmul(x) + (post.unsqueeze(2) * y.unsqueeze(1));
}
