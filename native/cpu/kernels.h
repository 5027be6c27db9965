// The operations of one instruction set, as the C ABI calls them. Names, shapes and equations are those of mhc.h; a void
// pointer is to elements of `Sizes::dtype`.
#pragma once

#include <cstdint>

namespace mhc {

// The upper half of a float.
struct Bf16 {
    uint16_t bits;
};

struct Sizes {
    int64_t tokens;
    int n;
    int64_t channels;
    int iterations;
    int dtype;
};

struct SinkhornForward {
    const float *logits;
    float *output;
};

struct SinkhornBackward {
    const float *logits, *grad_output;
    float *grad_logits;
};

struct ConnectForward {
    const void *x, *y; // y null: x as it is
    const float *res_before, *post_before;
    const float *phi, *bias, *alpha, *norm; // norm null: none
    void *x_next;
    float *pre, *post, *res, *raw, *r;
    void *h; // null: do not read
    float epsilon;
    bool x_replicated;
};

struct CoefficientsBackward {
    const void *x;
    const float *phi, *bias, *alpha, *raw, *r, *grad_pre, *grad_post, *grad_res;
    void *grad_x;
    float *grad_phi, *grad_bias, *grad_alpha;
    bool accumulate_x;
};

struct ReadForward {
    const void *x;
    const float *pre;
    void *h;
};

struct ReadBackward {
    const void *x;
    const float *pre;
    const void *grad_h;
    void *grad_x;
    float *grad_pre;
    bool accumulate_x;
};

struct WriteForward {
    const void *x, *y;
    const float *res, *post;
    void *output;
};

struct WriteBackward {
    const void *x, *y;
    const float *res, *post;
    const void *grad_output;
    void *grad_x, *grad_y;
    float *grad_res, *grad_post;
    bool accumulate_x;
};

struct WriteBackwardY {
    const float *post;
    const void *grad_output;
    void *grad_y;
};

struct ConnectBackward {
    const void *x, *y;
    const float *phi, *bias, *alpha, *norm, *pre, *post, *res, *raw, *r;
    const void *grad_output, *grad_h;
    const float *post_before;
    void *grad_x, *grad_y_before;
    float *grad_phi, *grad_bias, *grad_alpha, *grad_norm;
    float epsilon;
    bool x_replicated, grad_output_replicated;
};

struct FinishForward {
    const void *x, *y;
    const float *res, *post, *norm;
    void *total, *output;
    float epsilon;
    bool x_replicated;
};

struct FinishBackward {
    const void *total;
    const float *post, *norm;
    const void *grad_output;
    void *grad_total, *grad_y;
    float *grad_norm;
    float epsilon;
};

struct AttentionSizes {
    int64_t batch, time, heads, key_heads, width;
};

struct AttentionForward {
    const void *qkv;
    void *output;
    AttentionSizes sizes;
};

struct AttentionBackward {
    const void *qkv, *grad_output;
    void *grad_qkv;
    AttentionSizes sizes;
};

struct Multiply {
    const void *left, *right;
    void *to;
    int to_dtype;
    int64_t rows, columns, depth;
    bool left_transposed, right_transposed, accumulate;
};

// Arguments are checked before these are called. Each returns MHC_OK, MHC_ERROR_MEMORY or MHC_ERROR_PARALLEL.
struct Kernels {
    const char *name;
    int (*sinkhorn_forward)(const SinkhornForward &, const Sizes &);
    int (*sinkhorn_backward)(const SinkhornBackward &, const Sizes &);
    int (*connect_forward)(const ConnectForward &, const Sizes &);
    int (*coefficients_backward)(const CoefficientsBackward &, const Sizes &);
    int (*read_forward)(const ReadForward &, const Sizes &);
    int (*read_backward)(const ReadBackward &, const Sizes &);
    int (*write_forward)(const WriteForward &, const Sizes &);
    int (*write_backward)(const WriteBackward &, const Sizes &);
    int (*write_backward_y)(const WriteBackwardY &, const Sizes &);
    int (*connect_backward)(const ConnectBackward &, const Sizes &);
    int (*finish_forward)(const FinishForward &, const Sizes &);
    int (*finish_backward)(const FinishBackward &, const Sizes &);
    int (*attention_forward)(const AttentionForward &, const Sizes &);
    int (*attention_backward)(const AttentionBackward &, const Sizes &);
    int (*multiply)(const Multiply &, const Sizes &);
};

} // namespace mhc
