/// C ABI of libmhc_native.so: the manifold-constrained hyper-connection (mHC) kernels on the CPU.
///
/// Equations are those of "mHC: Manifold-Constrained Hyper-Connections", arXiv 2512.24880 v2 (P below), and of
/// "Hyper-Connections", arXiv 2409.19606 (HC). Shapes: T tokens, n residual streams (1..8; 4 has the fast path),
/// C channels, K = n*C, M = n*n + 2*n coefficients per token laid out [pre n | post n | res n*n row-major].
///
/// Rules that hold for every function:
/// - All tensors are row-major and contiguous. A pointer needs the alignment of its element, no more.
/// - The streams, a sublayer's input and result, and the gradients of these (void pointers; the last dimension is C) are stored
///   as `dtype` says. All else is float32, and so is all arithmetic: bfloat16 is widened when it is read and rounded to the
///   nearest, ties to even, once when it is written, where subnormal numbers may become zeros. What follows in the same call
///   sees the rounded values, as a later call would.
/// - One exception: for the two products of a backward pass with bfloat16 streams, "avx512_bf16" rounds phi and the gradients
///   of v phi to bfloat16; the sums are float32. Results stay within what the rounded streams allow.
/// - Outputs must not overlap inputs or each other, except where the text says "in place".
/// - A tensor without elements (T = 0 or C = 0) may be null. Reductions over zero tokens are written as zeros.
/// - Returns MHC_OK or one of the negative codes; then `error` (where `error_size` > 0) holds a zero-terminated message
///   that names the argument. Nothing is thrown. On MHC_ERROR_ARGUMENT no output has been touched.
/// - NaN and infinity propagate as IEEE 754 says, so that instability reaches the detectors.
/// - Results are bit-identical for every number of threads, and may differ in the last bits between instruction sets.
/// - Every function may be called from any thread at any time. Scratch memory belongs to the calling threads and is reused.
#ifndef MHC_H
#define MHC_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MHC_API __attribute__((visibility("default")))
#else
#define MHC_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MHC_OK = 0,
    MHC_ERROR_ARGUMENT = -1,    ///< An argument is null, negative, misaligned or out of range.
    MHC_ERROR_UNSUPPORTED = -2, ///< MHC_ISA names an unknown instruction set, or one that this processor lacks.
    MHC_ERROR_MEMORY = -3,      ///< Scratch memory could not be allocated; outputs are undefined.
    MHC_ERROR_PARALLEL = -4     ///< The parallel_for given to mhc_initialize reported failure; outputs are undefined.
};

/// How streams are stored.
enum {
    MHC_FLOAT32 = 0,
    MHC_BFLOAT16 = 1 ///< The upper half of a float32.
};

enum {
    MHC_MAX_STREAMS = 8,      ///< Largest n.
    MHC_MAX_ITERATIONS = 1024 ///< Largest number of Sinkhorn-Knopp iterations.
};

/// A parallel loop: calls `body(b, e, context)` on disjoint ranges that cover [begin, end), with no range shorter than
/// `grain` except the last, and returns after all of them, 0 on success. This is the type of libtorch's `torch_parallel_for`.
typedef int (*mhc_parallel_for)(int64_t begin, int64_t end, int64_t grain,
                                void (*body)(int64_t begin, int64_t end, void *context), void *context);

/// Chooses the instruction set and the thread pool of all later calls. May be called again, but not while another call runs.
///
/// The instruction set is the best of "avx512_bf16", "avx512", "avx2" and "plain" that the processor has, or the one that the
/// environment variable MHC_ISA names. Without this call the first operation initialises itself, serially.
/// @param parallel_for  the loop to use, libtorch's for instance; null = run serially on the calling thread
MHC_API int mhc_initialize(mhc_parallel_for parallel_for, char *error, size_t error_size);

/// Name of the instruction set in use: "avx512_bf16" (AVX-512 with instructions that round to bfloat16), "avx512", "avx2" or
/// "plain". Null if MHC_ISA could not be honoured
/// (mhc_initialize then says why). Static storage.
MHC_API const char *mhc_isa(void);

/// Version of the library, "major.minor.patch". Static storage.
MHC_API const char *mhc_version(void);

/// H_res = SinkhornKnopp(logits), P eq. 8 and 9: M = exp(logits - max), then `iterations` times every column is divided by
/// its sum and then every row by its sum. Row sums are 1 to rounding; column sums approach 1.
///
/// The subtracted maximum is each column's own, which the first column normalisation cancels exactly; no column can vanish.
/// @param logits      [T, n, n]
/// @param output      [T, n, n]
/// @param iterations  1..MHC_MAX_ITERATIONS, 20 in P
MHC_API int mhc_sinkhorn_forward(const float *logits, float *output, int64_t tokens, int32_t n, int32_t iterations, char *error,
                                 size_t error_size);

/// Gradient of mhc_sinkhorn_forward. All iterations are recomputed on chip from the logits: nothing is stored between passes.
/// @param logits       [T, n, n]
/// @param grad_output  [T, n, n], dL/d(output)
/// @param grad_logits  [T, n, n], dL/d(logits), written
MHC_API int mhc_sinkhorn_backward(const float *logits, const float *grad_output, float *grad_logits, int64_t tokens, int32_t n,
                                  int32_t iterations, char *error, size_t error_size);

/// The coefficients of one mHC sublayer, P eq. 7 and 8, in one pass over x. With v = flatten(x[t]) in R^K:
///
///     r      = |v| / sqrt(K)                                    no epsilon: a token of zeros gives NaN
///     raw    = (v phi) / r
///     pre    = sigmoid(alpha[0] * raw_pre + bias_pre)
///     post   = 2 * sigmoid(alpha[1] * raw_post + bias_post)
///     res    = SinkhornKnopp(alpha[2] * raw_res + bias_res)
///
/// @param x      [T, n, C], the residual streams
/// @param phi    [K, M]
/// @param bias   [M]
/// @param alpha  [3], the gates of pre, post and res
/// @param pre    [T, n], written
/// @param post   [T, n], written
/// @param res    [T, n, n], written
/// @param raw    [T, M], written; keep it for the backward pass
/// @param r      [T], written; keep it for the backward pass
MHC_API int mhc_coefficients_forward(int32_t dtype, const void *x, const float *phi, const float *bias, const float *alpha,
                                     float *pre, float *post, float *res, float *raw, float *r, int64_t tokens, int32_t n,
                                     int64_t channels, int32_t iterations, char *error, size_t error_size);

/// Gradient of mhc_coefficients_forward.
/// @param x, phi, bias, alpha  as in the forward pass
/// @param raw, r               as the forward pass wrote them
/// @param grad_pre             [T, n]
/// @param grad_post            [T, n]
/// @param grad_res             [T, n, n]
/// @param grad_x               [T, n, C], written when accumulate_x = 0, added to when accumulate_x = 1
/// @param grad_phi             [K, M], written. The sums over tokens are taken in chunks that depend on the sizes only,
///                             in a fixed order: any number of threads gives the same bits
/// @param grad_bias            [M], written, summed likewise
/// @param grad_alpha           [3], written, summed likewise
MHC_API int mhc_coefficients_backward(int32_t dtype, const void *x, const float *phi, const float *bias, const float *alpha,
                                      const float *raw, const float *r, const float *grad_pre, const float *grad_post,
                                      const float *grad_res, void *grad_x, float *grad_phi, float *grad_bias, float *grad_alpha,
                                      int64_t tokens, int32_t n, int64_t channels, int32_t iterations, int32_t accumulate_x,
                                      char *error, size_t error_size);

/// The input of a sublayer, P eq. 3: h[t, c] = sum_i pre[t, i] * x[t, i, c]. `pre` may come from anywhere, so HC is served too.
/// @param x    [T, n, C]
/// @param pre  [T, n]
/// @param h    [T, C], written
MHC_API int mhc_read_forward(int32_t dtype, const void *x, const float *pre, void *h, int64_t tokens, int32_t n,
                             int64_t channels, char *error, size_t error_size);

/// Gradient of mhc_read_forward: grad_x[t, i] = pre[t, i] * grad_h[t]; grad_pre[t, i] = <x[t, i], grad_h[t]>.
/// @param grad_h    [T, C]
/// @param grad_x    [T, n, C], written when accumulate_x = 0, added to when accumulate_x = 1
/// @param grad_pre  [T, n], written
MHC_API int mhc_read_backward(int32_t dtype, const void *x, const float *pre, const void *grad_h, void *grad_x, float *grad_pre,
                              int64_t tokens, int32_t n, int64_t channels, int32_t accumulate_x, char *error,
                              size_t error_size);

/// The new streams after a sublayer, P eq. 3: output[t, i] = sum_j res[t, i, j] * x[t, j] + post[t, i] * y[t].
/// `res` and `post` may come from anywhere, so HC is served too.
/// @param x       [T, n, C]
/// @param y       [T, C], the sublayer's result F(h)
/// @param res     [T, n, n]
/// @param post    [T, n]
/// @param output  [T, n, C], written
MHC_API int mhc_write_forward(int32_t dtype, const void *x, const void *y, const float *res, const float *post, void *output,
                              int64_t tokens, int32_t n, int64_t channels, char *error, size_t error_size);

/// Gradient of mhc_write_forward, with g = grad_output: grad_x[t, j] = sum_i res[t, i, j] * g[t, i];
/// grad_y[t] = sum_i post[t, i] * g[t, i]; grad_res[t, i, j] = <g[t, i], x[t, j]>; grad_post[t, i] = <g[t, i], y[t]>.
/// @param grad_output  [T, n, C]
/// @param grad_x       [T, n, C], written when accumulate_x = 0, added to when accumulate_x = 1
/// @param grad_y       [T, C], written
/// @param grad_res     [T, n, n], written
/// @param grad_post    [T, n], written
MHC_API int mhc_write_backward(int32_t dtype, const void *x, const void *y, const float *res, const float *post,
                               const void *grad_output, void *grad_x, void *grad_y, float *grad_res, float *grad_post,
                               int64_t tokens, int32_t n, int64_t channels, int32_t accumulate_x, char *error,
                               size_t error_size);

/// mhc_coefficients_forward followed by mhc_read_forward, reading the streams from memory once.
/// @param h  [T, C], written; the other parameters are those of the two functions
MHC_API int mhc_enter_forward(int32_t dtype, const void *x, const float *phi, const float *bias, const float *alpha, float *pre,
                              float *post, float *res, float *raw, float *r, void *h, int64_t tokens, int32_t n,
                              int64_t channels, int32_t iterations, char *error, size_t error_size);

/// The part of mhc_write_backward that the sublayer's own backward pass waits for: grad_y[t] = sum_i post[t, i] * g[t, i].
/// mhc_layer_backward does the rest, so that the streams and their gradients are read once less.
/// @param post         [T, n]
/// @param grad_output  [T, n, C]
/// @param grad_y       [T, C], written
MHC_API int mhc_write_backward_y(int32_t dtype, const float *post, const void *grad_output, void *grad_y, int64_t tokens,
                                 int32_t n, int64_t channels, char *error, size_t error_size);

/// Everything of one mHC sublayer's backward pass that comes after F's: with x' = write(x, F(read(x))), this takes the
/// gradient of x' and F's gradient of h, and gives the gradients of x and of the sublayer's mHC parameters in one pass.
/// Equals mhc_write_backward (without grad_y) + mhc_read_backward + mhc_coefficients_backward.
/// @param x, phi, bias, alpha       as in the forward pass
/// @param y                         [T, C], F's result in the forward pass
/// @param pre, post, res, raw, r    as mhc_enter_forward or mhc_coefficients_forward wrote them
/// @param grad_output               [T, n, C], dL/dx'
/// @param grad_h                    [T, C], dL/dh as F's backward pass gave it
/// @param grad_x                    [T, n, C], written
/// @param grad_phi, grad_bias, grad_alpha  written, as in mhc_coefficients_backward
MHC_API int mhc_layer_backward(int32_t dtype, const void *x, const void *y, const float *phi, const float *bias,
                               const float *alpha, const float *pre, const float *post, const float *res, const float *raw,
                               const float *r, const void *grad_output, const void *grad_h, void *grad_x, float *grad_phi,
                               float *grad_bias, float *grad_alpha, int64_t tokens, int32_t n, int64_t channels,
                               int32_t iterations, char *error, size_t error_size);

/// The connection between two sublayers: mhc_write_forward of one, then mhc_enter_forward of the next and the RMS norm of its
/// input, with the streams in the cache all the while, so that (2n+2)C elements are moved per token.
/// @param x             [T, n, C], the streams that entered the sublayer before; [T, C] if x_replicated
/// @param x_replicated  1: all streams of a token are the same row, as after the embedding; n copies are never made
/// @param y             [T, C], the result of the sublayer before; null = there is none: x enters as it is, and res_before,
///                      post_before and x_next are not used
/// @param res_before    [T, n, n] of the sublayer before
/// @param post_before   [T, n] of the sublayer before
/// @param x_next        [T, n, C], written: the streams that enter the next sublayer
/// @param phi, bias, alpha        parameters of the next sublayer, as in mhc_coefficients_forward
/// @param norm          [C], the weight of the next sublayer's RMS norm; null = no norm
/// @param epsilon       of that norm: h = read / sqrt(mean(read^2) + epsilon) * norm
/// @param pre, post, res, raw, r  written, as in mhc_coefficients_forward
/// @param h             [T, C], written: the next sublayer's input, after the norm
MHC_API int mhc_connect_forward(int32_t dtype, const void *x, int32_t x_replicated, const void *y, const float *res_before,
                                const float *post_before, void *x_next, const float *phi, const float *bias, const float *alpha,
                                const float *norm, float epsilon, float *pre, float *post, float *res, float *raw, float *r,
                                void *h, int64_t tokens, int32_t n, int64_t channels, int32_t iterations, char *error,
                                size_t error_size);

/// Gradient of mhc_connect_forward with the write step that came after: mhc_layer_backward of one sublayer, its norm's gradient
/// (what the norm took is computed again), and mhc_write_backward_y of the sublayer before, in one pass over the streams.
/// @param x                       [T, n, C], what mhc_connect_forward wrote to x_next, or was given as x; [T, C] if
/// x_replicated
/// @param y, pre, post, res, raw, r  of this sublayer, as in mhc_layer_backward
/// @param norm, epsilon           as in the forward pass
/// @param grad_output             [T, n, C], dL/d(streams after this sublayer); [T, C] if grad_output_replicated
/// @param grad_h                  [T, C], dL/d(h after the norm)
/// @param grad_x                  [T, n, C], written; may be null where grad_y_before is not
/// @param post_before             [T, n] of the sublayer before (ones where x is replicated: grad_y_before is then the gradient
///                                of the one row); null = grad_y_before is not wanted
/// @param grad_y_before           [T, C], written: sum_i post_before[t, i] * grad_x[t, i]; null exactly if post_before is
/// @param grad_phi, grad_bias, grad_alpha  written, as in mhc_coefficients_backward
/// @param grad_norm               [C], written; null exactly if norm is
MHC_API int mhc_connect_backward(int32_t dtype, const void *x, int32_t x_replicated, const void *y, const float *phi,
                                 const float *bias, const float *alpha, const float *norm, float epsilon, const float *pre,
                                 const float *post, const float *res, const float *raw, const float *r, const void *grad_output,
                                 int32_t grad_output_replicated, const void *grad_h, void *grad_x, const float *post_before,
                                 void *grad_y_before, float *grad_phi, float *grad_bias, float *grad_alpha, float *grad_norm,
                                 int64_t tokens, int32_t n, int64_t channels, int32_t iterations, char *error,
                                 size_t error_size);

/// The end of the streams: total[t] = sum_i x'[t, i] with x' = write(x, y), without making x', and its RMS norm.
/// @param x, x_replicated, y, res, post  of the last sublayer, as in mhc_connect_forward
/// @param norm, epsilon  weight [C] and epsilon of the final norm
/// @param total          [T, C], written; keep it for the backward pass
/// @param output         [T, C], written: total / sqrt(mean(total^2) + epsilon) * norm
MHC_API int mhc_finish_forward(int32_t dtype, const void *x, int32_t x_replicated, const void *y, const float *res,
                               const float *post, const float *norm, float epsilon, void *total, void *output, int64_t tokens,
                               int32_t n, int64_t channels, char *error, size_t error_size);

/// Gradient of mhc_finish_forward. The gradient of every stream of x' is grad_total: mhc_connect_backward of the last sublayer
/// takes it as a replicated grad_output.
/// @param total, post, norm, epsilon  as in the forward pass
/// @param grad_output  [T, C]
/// @param grad_total   [T, C], written
/// @param grad_y       [T, C], written: (sum_i post[t, i]) * grad_total[t]
/// @param grad_norm    [C], written; summed in chunks of tokens as in mhc_coefficients_backward
MHC_API int mhc_finish_backward(int32_t dtype, const void *total, const float *post, const float *norm, float epsilon,
                                const void *grad_output, void *grad_total, void *grad_y, float *grad_norm, int64_t tokens,
                                int32_t n, int64_t channels, char *error, size_t error_size);

/// Causal attention of one layer, grouped-query: for token t and head h, with k and v of key head h / (heads / key_heads),
///
///     output[t, h] = sum over s <= t of softmax_s(<q[t, h], k[s]> / sqrt(D)) * v[s]
///
/// Attention is over each batch entry by itself. Scratch memory is a few rows of scores a thread, never all of them.
/// @param qkv        [B, time, heads + 2 key_heads, D], of `dtype`: queries, then keys, then values
/// @param output     [B, time, heads, D], of `dtype`, written
/// @param batch      B >= 0
/// @param time       >= 0
/// @param heads      >= 1, a multiple of key_heads
/// @param key_heads  >= 1
/// @param width      D >= 1
MHC_API int mhc_attention_forward(int32_t dtype, const void *qkv, void *output, int64_t batch, int64_t time, int64_t heads,
                                  int64_t key_heads, int64_t width, char *error, size_t error_size);

/// Gradient of mhc_attention_forward, which is computed again: nothing of the forward pass is needed.
/// @param qkv          as in the forward pass
/// @param grad_output  [B, time, heads, D], of `dtype`
/// @param grad_qkv     [B, time, heads + 2 key_heads, D], of `dtype`, written
MHC_API int mhc_attention_backward(int32_t dtype, const void *qkv, const void *grad_output, void *grad_qkv, int64_t batch,
                                   int64_t time, int64_t heads, int64_t key_heads, int64_t width, char *error,
                                   size_t error_size);

/// A product of matrices: to = left times right, each as it is or transposed. A linear layer y = x W^T has three of them: that,
/// g W and g^T x. With bfloat16 two numbers down the depth are multiplied and added at a time; sums are float32.
/// @param left      [rows, depth], or [depth, rows] if left_transposed; of `dtype`
/// @param right     [depth, columns], or [columns, depth] if right_transposed; of `dtype`
/// @param to_dtype  of the result; float32 where the factors are
/// @param to        [rows, columns], of `to_dtype`, written
/// @param accumulate  1: added to what `to` holds, which is float32 then; 0: in its place
/// @param depth     >= 0; even with bfloat16
MHC_API int mhc_multiply(int32_t dtype, const void *left, int32_t left_transposed, const void *right, int32_t right_transposed,
                         int32_t to_dtype, void *to, int32_t accumulate, int64_t rows, int64_t columns, int64_t depth,
                         char *error, size_t error_size);

#ifdef __cplusplus
}
#endif

#endif
