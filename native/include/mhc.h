/// C ABI of libmhc_native.so: the manifold-constrained hyper-connection (mHC) kernels on the CPU.
///
/// Equations are those of "mHC: Manifold-Constrained Hyper-Connections", arXiv 2512.24880 v2 (P below), and of
/// "Hyper-Connections", arXiv 2409.19606 (HC). Shapes: T tokens, n residual streams (1..8, each compiled on its own),
/// C channels, K = n*C, M = n*n + 2*n coefficients per token laid out [pre n | post n | res n*n row-major].
///
/// An operation takes its arguments as one struct, whose first field, `size`, is its version:
///
/// - Fields are only ever added, and at the end. Zero in one of them means what a call did before it was there.
/// - There is no padding: whatever is added makes another size. A size that the library does not know is refused when nothing
///   but that field has been read, and nothing written.
/// - A field that an operation has no use for, of its head or `reserved`, is zero: so it can be given a meaning.
///
/// What an initializer does not name is zero, so that `mhc_read_forward_args a = {.head = {.size = sizeof a, ...}, ...};` keeps
/// all of this.
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
    MHC_ERROR_ARGUMENT = -1,    ///< An argument is null, negative, misaligned, out of range or of another version.
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

/// The head of every operation on streams.
typedef struct mhc_head {
    uint32_t size;      ///< Bytes of the whole struct that begins with this head, as the caller compiled it.
    int32_t dtype;      ///< Of the streams and what is stored like them; 0 for the operations on logits.
    int32_t n;          ///< Streams, 1..MHC_MAX_STREAMS.
    int32_t iterations; ///< 1..MHC_MAX_ITERATIONS, 20 in P; 0 for the operations that do not make or take back H_res.
    int64_t tokens;     ///< T >= 0
    int64_t channels;   ///< C >= 0; 0 for the operations on logits.
} mhc_head;

/// Of mhc_sinkhorn_forward.
typedef struct mhc_sinkhorn_forward_args {
    mhc_head head;
    const float *logits; ///< [T, n, n]
    float *output;       ///< [T, n, n], written
} mhc_sinkhorn_forward_args;

/// H_res = SinkhornKnopp(logits), P eq. 8 and 9: M = exp(logits - max), then `iterations` times every column is divided by
/// its sum and then every row by its sum. Row sums are 1 to rounding; column sums approach 1.
///
/// The subtracted maximum is each column's own, which the first column normalisation cancels exactly; no column can vanish.
MHC_API int mhc_sinkhorn_forward(const mhc_sinkhorn_forward_args *arguments, char *error, size_t error_size);

/// Of mhc_sinkhorn_backward.
typedef struct mhc_sinkhorn_backward_args {
    mhc_head head;
    const float *logits;      ///< [T, n, n]
    const float *grad_output; ///< [T, n, n], dL/d(output)
    float *grad_logits;       ///< [T, n, n], dL/d(logits), written
} mhc_sinkhorn_backward_args;

/// Gradient of mhc_sinkhorn_forward. All iterations are recomputed on chip from the logits: nothing is stored between passes.
MHC_API int mhc_sinkhorn_backward(const mhc_sinkhorn_backward_args *arguments, char *error, size_t error_size);

/// Of mhc_coefficients_forward.
typedef struct mhc_coefficients_forward_args {
    mhc_head head;
    const void *x;      ///< [T, n, C], the residual streams
    const float *phi;   ///< [K, M]
    const float *bias;  ///< [M]
    const float *alpha; ///< [3], the gates of pre, post and res
    float *pre;         ///< [T, n], written
    float *post;        ///< [T, n], written
    float *res;         ///< [T, n, n], written
    float *raw;         ///< [T, M], written; keep it for the backward pass
    float *r;           ///< [T], written; keep it for the backward pass
} mhc_coefficients_forward_args;

/// The coefficients of one mHC sublayer, P eq. 7 and 8, in one pass over x. With v = flatten(x[t]) in R^K:
///
///     r      = |v| / sqrt(K)                                    no epsilon: a token of zeros gives NaN
///     raw    = (v phi) / r
///     pre    = sigmoid(alpha[0] * raw_pre + bias_pre)
///     post   = 2 * sigmoid(alpha[1] * raw_post + bias_post)
///     res    = SinkhornKnopp(alpha[2] * raw_res + bias_res)
MHC_API int mhc_coefficients_forward(const mhc_coefficients_forward_args *arguments, char *error, size_t error_size);

/// Of mhc_coefficients_backward.
typedef struct mhc_coefficients_backward_args {
    mhc_head head;
    const void *x;          ///< [T, n, C], as in the forward pass
    const float *phi;       ///< [K, M], as in the forward pass
    const float *bias;      ///< [M], as in the forward pass
    const float *alpha;     ///< [3], as in the forward pass
    const float *raw;       ///< [T, M], as the forward pass wrote it
    const float *r;         ///< [T], as the forward pass wrote it
    const float *grad_pre;  ///< [T, n]
    const float *grad_post; ///< [T, n]
    const float *grad_res;  ///< [T, n, n]
    void *grad_x;           ///< [T, n, C], written or added to
    float *grad_phi;        ///< [K, M], written
    float *grad_bias;       ///< [M], written
    float *grad_alpha;      ///< [3], written
    int32_t accumulate_x;   ///< 1: grad_x is added to what is there; 0: it is written.
    int32_t reserved;       ///< 0
} mhc_coefficients_backward_args;

/// Gradient of mhc_coefficients_forward. The sums over tokens, of phi, bias and alpha, are taken in chunks that depend on the
/// sizes only, in a fixed order: any number of threads gives the same bits.
MHC_API int mhc_coefficients_backward(const mhc_coefficients_backward_args *arguments, char *error, size_t error_size);

/// Of mhc_read_forward.
typedef struct mhc_read_forward_args {
    mhc_head head;
    const void *x;    ///< [T, n, C]
    const float *pre; ///< [T, n]
    void *h;          ///< [T, C], written
} mhc_read_forward_args;

/// The input of a sublayer, P eq. 3: h[t, c] = sum_i pre[t, i] * x[t, i, c]. `pre` may come from anywhere, so HC is served too.
MHC_API int mhc_read_forward(const mhc_read_forward_args *arguments, char *error, size_t error_size);

/// Of mhc_read_backward.
typedef struct mhc_read_backward_args {
    mhc_head head;
    const void *x;        ///< [T, n, C]
    const float *pre;     ///< [T, n]
    const void *grad_h;   ///< [T, C]
    void *grad_x;         ///< [T, n, C], written or added to
    float *grad_pre;      ///< [T, n], written
    int32_t accumulate_x; ///< 1: grad_x is added to what is there; 0: it is written.
    int32_t reserved;     ///< 0
} mhc_read_backward_args;

/// Gradient of mhc_read_forward: grad_x[t, i] = pre[t, i] * grad_h[t]; grad_pre[t, i] = <x[t, i], grad_h[t]>.
MHC_API int mhc_read_backward(const mhc_read_backward_args *arguments, char *error, size_t error_size);

/// Of mhc_write_forward.
typedef struct mhc_write_forward_args {
    mhc_head head;
    const void *x;     ///< [T, n, C]
    const void *y;     ///< [T, C], the sublayer's result F(h)
    const float *res;  ///< [T, n, n]
    const float *post; ///< [T, n]
    void *output;      ///< [T, n, C], written
} mhc_write_forward_args;

/// The new streams after a sublayer, P eq. 3: output[t, i] = sum_j res[t, i, j] * x[t, j] + post[t, i] * y[t].
/// `res` and `post` may come from anywhere, so HC is served too.
MHC_API int mhc_write_forward(const mhc_write_forward_args *arguments, char *error, size_t error_size);

/// Of mhc_write_backward.
typedef struct mhc_write_backward_args {
    mhc_head head;
    const void *x;           ///< [T, n, C], as in the forward pass
    const void *y;           ///< [T, C], as in the forward pass
    const float *res;        ///< [T, n, n], as in the forward pass
    const float *post;       ///< [T, n], as in the forward pass
    const void *grad_output; ///< [T, n, C]
    void *grad_x;            ///< [T, n, C], written or added to
    void *grad_y;            ///< [T, C], written
    float *grad_res;         ///< [T, n, n], written
    float *grad_post;        ///< [T, n], written
    int32_t accumulate_x;    ///< 1: grad_x is added to what is there; 0: it is written.
    int32_t reserved;        ///< 0
} mhc_write_backward_args;

/// Gradient of mhc_write_forward, with g = grad_output: grad_x[t, j] = sum_i res[t, i, j] * g[t, i];
/// grad_y[t] = sum_i post[t, i] * g[t, i]; grad_res[t, i, j] = <g[t, i], x[t, j]>; grad_post[t, i] = <g[t, i], y[t]>.
MHC_API int mhc_write_backward(const mhc_write_backward_args *arguments, char *error, size_t error_size);

/// Of mhc_enter_forward.
typedef struct mhc_enter_forward_args {
    mhc_head head;
    const void *x;      ///< [T, n, C], the residual streams
    const float *phi;   ///< [K, M]
    const float *bias;  ///< [M]
    const float *alpha; ///< [3], the gates of pre, post and res
    float *pre;         ///< [T, n], written
    float *post;        ///< [T, n], written
    float *res;         ///< [T, n, n], written
    float *raw;         ///< [T, M], written; keep it for the backward pass
    float *r;           ///< [T], written; keep it for the backward pass
    void *h;            ///< [T, C], written: the sublayer's input
} mhc_enter_forward_args;

/// mhc_coefficients_forward followed by mhc_read_forward, reading the streams from memory once.
MHC_API int mhc_enter_forward(const mhc_enter_forward_args *arguments, char *error, size_t error_size);

/// Of mhc_write_backward_y.
typedef struct mhc_write_backward_y_args {
    mhc_head head;
    const float *post;       ///< [T, n]
    const void *grad_output; ///< [T, n, C]
    void *grad_y;            ///< [T, C], written
} mhc_write_backward_y_args;

/// The part of mhc_write_backward that the sublayer's own backward pass waits for: grad_y[t] = sum_i post[t, i] * g[t, i].
/// mhc_layer_backward does the rest, so that the streams and their gradients are read once less.
MHC_API int mhc_write_backward_y(const mhc_write_backward_y_args *arguments, char *error, size_t error_size);

/// Of mhc_layer_backward.
typedef struct mhc_layer_backward_args {
    mhc_head head;
    const void *x;           ///< [T, n, C], as in the forward pass
    const void *y;           ///< [T, C], F's result in the forward pass
    const float *phi;        ///< [K, M], as in the forward pass
    const float *bias;       ///< [M], as in the forward pass
    const float *alpha;      ///< [3], as in the forward pass
    const float *pre;        ///< [T, n], as the forward pass wrote it
    const float *post;       ///< [T, n], as the forward pass wrote it
    const float *res;        ///< [T, n, n], as the forward pass wrote it
    const float *raw;        ///< [T, M], as the forward pass wrote it
    const float *r;          ///< [T], as the forward pass wrote it
    const void *grad_output; ///< [T, n, C], dL/dx'
    const void *grad_h;      ///< [T, C], dL/dh as F's backward pass gave it
    void *grad_x;            ///< [T, n, C], written
    float *grad_phi;         ///< [K, M], written
    float *grad_bias;        ///< [M], written
    float *grad_alpha;       ///< [3], written
} mhc_layer_backward_args;

/// Everything of one mHC sublayer's backward pass that comes after F's: with x' = write(x, F(read(x))), this takes the
/// gradient of x' and F's gradient of h, and gives the gradients of x and of the sublayer's mHC parameters in one pass.
/// Equals mhc_write_backward (without grad_y) + mhc_read_backward + mhc_coefficients_backward.
MHC_API int mhc_layer_backward(const mhc_layer_backward_args *arguments, char *error, size_t error_size);

/// Of mhc_connect_forward.
typedef struct mhc_connect_forward_args {
    mhc_head head;
    const void *x;            ///< [T, n, C], the streams that entered the sublayer before; [T, C] if x_replicated
    const void *y;            ///< [T, C], the result of the sublayer before; null = there is none: x enters as it is
    const float *res_before;  ///< [T, n, n] of the sublayer before; not used where y is null
    const float *post_before; ///< [T, n] of the sublayer before; not used where y is null
    const float *phi;         ///< [K, M] of the next sublayer
    const float *bias;        ///< [M] of the next sublayer
    const float *alpha;       ///< [3] of the next sublayer
    const float *norm;        ///< [C], the weight of the next sublayer's RMS norm; null = no norm
    void *x_next;             ///< [T, n, C], written: the streams that enter the next sublayer; not used where y is null
    float *pre;               ///< [T, n], written
    float *post;              ///< [T, n], written
    float *res;               ///< [T, n, n], written
    float *raw;               ///< [T, M], written; keep it for the backward pass
    float *r;                 ///< [T], written; keep it for the backward pass
    void *h;                  ///< [T, C], written: the next sublayer's input, after the norm
    float epsilon;            ///< Of the norm: h = read / sqrt(mean(read^2) + epsilon) * norm
    int32_t x_replicated;     ///< 1: all streams of a token are one row, as after the embedding; n copies are never made.
} mhc_connect_forward_args;

/// The connection between two sublayers: mhc_write_forward of one, then mhc_enter_forward of the next and the RMS norm of its
/// input, with the streams in the cache all the while, so that (2n+2)C elements are moved per token.
MHC_API int mhc_connect_forward(const mhc_connect_forward_args *arguments, char *error, size_t error_size);

/// Of mhc_connect_backward.
typedef struct mhc_connect_backward_args {
    mhc_head head;
    const void *x;                  ///< [T, n, C], the streams that entered this sublayer; [T, C] if x_replicated
    const void *y;                  ///< [T, C], this sublayer's result
    const float *phi;               ///< [K, M], as in the forward pass
    const float *bias;              ///< [M], as in the forward pass
    const float *alpha;             ///< [3], as in the forward pass
    const float *norm;              ///< [C], as in the forward pass; null = no norm
    const float *pre;               ///< [T, n], as the forward pass wrote it
    const float *post;              ///< [T, n], as the forward pass wrote it
    const float *res;               ///< [T, n, n], as the forward pass wrote it
    const float *raw;               ///< [T, M], as the forward pass wrote it
    const float *r;                 ///< [T], as the forward pass wrote it
    const void *grad_output;        ///< [T, n, C], dL/d(streams after this sublayer); [T, C] if grad_output_replicated
    const void *grad_h;             ///< [T, C], dL/d(h after the norm)
    const float *post_before;       ///< [T, n] of the sublayer before, ones where x is replicated; null = no grad_y_before
    void *grad_x;                   ///< [T, n, C], written; may be null where grad_y_before is not
    void *grad_y_before;            ///< [T, C], written; null exactly if post_before is
    float *grad_phi;                ///< [K, M], written
    float *grad_bias;               ///< [M], written
    float *grad_alpha;              ///< [3], written
    float *grad_norm;               ///< [C], written; null exactly if norm is
    float epsilon;                  ///< Of the norm, as in the forward pass.
    int32_t x_replicated;           ///< 1: all streams of a token are one row.
    int32_t grad_output_replicated; ///< 1: the gradient of all streams of a token is one row.
    int32_t reserved;               ///< 0
} mhc_connect_backward_args;

/// Gradient of mhc_connect_forward with the write step that came after: mhc_layer_backward of one sublayer, its norm's gradient
/// (what the norm took is computed again), and mhc_write_backward_y of the sublayer before, in one pass over the streams:
/// grad_y_before[t] = sum_i post_before[t, i] * grad_x[t, i], which is the gradient of the one row where x is replicated.
MHC_API int mhc_connect_backward(const mhc_connect_backward_args *arguments, char *error, size_t error_size);

/// Of mhc_finish_forward.
typedef struct mhc_finish_forward_args {
    mhc_head head;
    const void *x;        ///< [T, n, C], the streams that entered the last sublayer; [T, C] if x_replicated
    const void *y;        ///< [T, C], its result
    const float *res;     ///< [T, n, n]
    const float *post;    ///< [T, n]
    const float *norm;    ///< [C], the weight of the final norm
    void *total;          ///< [T, C], written; keep it for the backward pass
    void *output;         ///< [T, C], written: total / sqrt(mean(total^2) + epsilon) * norm
    float epsilon;        ///< Of the norm.
    int32_t x_replicated; ///< 1: all streams of a token are one row.
} mhc_finish_forward_args;

/// The end of the streams: total[t] = sum_i x'[t, i] with x' = write(x, y), without making x', and its RMS norm.
MHC_API int mhc_finish_forward(const mhc_finish_forward_args *arguments, char *error, size_t error_size);

/// Of mhc_finish_backward.
typedef struct mhc_finish_backward_args {
    mhc_head head;
    const void *total;       ///< [T, C], as the forward pass wrote it
    const float *post;       ///< [T, n], as in the forward pass
    const float *norm;       ///< [C], as in the forward pass
    const void *grad_output; ///< [T, C]
    void *grad_total;        ///< [T, C], written
    void *grad_y;            ///< [T, C], written: (sum_i post[t, i]) * grad_total[t]
    float *grad_norm;        ///< [C], written; summed in chunks of tokens as in mhc_coefficients_backward
    float epsilon;           ///< Of the norm, as in the forward pass.
    int32_t reserved;        ///< 0
} mhc_finish_backward_args;

/// Gradient of mhc_finish_forward. The gradient of every stream of x' is grad_total: mhc_connect_backward of the last sublayer
/// takes it as a replicated grad_output.
MHC_API int mhc_finish_backward(const mhc_finish_backward_args *arguments, char *error, size_t error_size);

/// The head of both passes of attention.
typedef struct mhc_attention_head {
    uint32_t size;     ///< Bytes of the whole struct that begins with this head, as the caller compiled it.
    int32_t dtype;     ///< Of all tensors.
    int64_t batch;     ///< B >= 0
    int64_t time;      ///< >= 0
    int64_t heads;     ///< >= 1, a multiple of key_heads
    int64_t key_heads; ///< >= 1
    int64_t width;     ///< D >= 1
} mhc_attention_head;

/// Of mhc_attention_forward.
typedef struct mhc_attention_forward_args {
    mhc_attention_head head;
    const void *qkv; ///< [B, time, heads + 2 key_heads, D]: queries, then keys, then values
    void *output;    ///< [B, time, heads, D], written
} mhc_attention_forward_args;

/// Causal attention of one layer, grouped-query: for token t and head h, with k and v of key head h / (heads / key_heads),
///
///     output[t, h] = sum over s <= t of softmax_s(<q[t, h], k[s]> / sqrt(D)) * v[s]
///
/// Attention is over each batch entry by itself. Scratch memory is a few rows of scores a thread, never all of them.
MHC_API int mhc_attention_forward(const mhc_attention_forward_args *arguments, char *error, size_t error_size);

/// Of mhc_attention_backward.
typedef struct mhc_attention_backward_args {
    mhc_attention_head head;
    const void *qkv;         ///< [B, time, heads + 2 key_heads, D], as in the forward pass
    const void *grad_output; ///< [B, time, heads, D]
    void *grad_qkv;          ///< [B, time, heads + 2 key_heads, D], written
} mhc_attention_backward_args;

/// Gradient of mhc_attention_forward, which is computed again: nothing of the forward pass is needed.
MHC_API int mhc_attention_backward(const mhc_attention_backward_args *arguments, char *error, size_t error_size);

/// Of mhc_multiply.
typedef struct mhc_multiply_args {
    uint32_t size;            ///< Bytes of this struct, as the caller compiled it.
    int32_t dtype;            ///< Of both factors.
    int64_t rows;             ///< >= 0
    int64_t columns;          ///< >= 0
    int64_t depth;            ///< >= 0; even with bfloat16
    const void *left;         ///< [rows, depth], or [depth, rows] if left_transposed
    const void *right;        ///< [depth, columns], or [columns, depth] if right_transposed
    void *to;                 ///< [rows, columns] of to_dtype, written or added to
    int32_t to_dtype;         ///< Of the result; float32 where the factors are.
    int32_t left_transposed;  ///< 0 or 1
    int32_t right_transposed; ///< 0 or 1
    int32_t accumulate;       ///< 1: added to what `to` holds, which is float32 then; 0: in its place.
} mhc_multiply_args;

/// A product of matrices: to = left times right, each as it is or transposed. A linear layer y = x W^T has three of them: that,
/// g W and g^T x. Sums are float32; those of bfloat16 factors are rounded to a bfloat16 result once, at the end.
MHC_API int mhc_multiply(const mhc_multiply_args *arguments, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif

#endif
