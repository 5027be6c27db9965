// The operations of one instruction set, as the C ABI calls them. Names, shapes and equations are those of mhc.h.
#pragma once

#include <cstdint>

namespace mhc {

struct Sizes {
    int64_t tokens;
    int n;
    int64_t channels;
    int iterations;
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
    const float *x, *y, *res_before, *post_before; // y null: x as it is
    const float *phi, *bias, *alpha, *norm;        // norm null: none
    float *x_next, *pre, *post, *res, *raw, *r;
    float *h; // null: do not read
    float epsilon;
    bool x_replicated;
};

struct CoefficientsBackward {
    const float *x, *phi, *bias, *alpha, *raw, *r, *grad_pre, *grad_post, *grad_res;
    float *grad_x, *grad_phi, *grad_bias, *grad_alpha;
    bool accumulate_x;
};

struct ReadForward {
    const float *x, *pre;
    float *h;
};

struct ReadBackward {
    const float *x, *pre, *grad_h;
    float *grad_x, *grad_pre;
    bool accumulate_x;
};

struct WriteForward {
    const float *x, *y, *res, *post;
    float *output;
};

struct WriteBackward {
    const float *x, *y, *res, *post, *grad_output;
    float *grad_x, *grad_y, *grad_res, *grad_post;
    bool accumulate_x;
};

struct WriteBackwardY {
    const float *post, *grad_output;
    float *grad_y;
};

struct ConnectBackward {
    const float *x, *y, *phi, *bias, *alpha, *norm, *pre, *post, *res, *raw, *r, *grad_output, *grad_h, *post_before;
    float *grad_x, *grad_y_before, *grad_phi, *grad_bias, *grad_alpha, *grad_norm;
    float epsilon;
    bool x_replicated, grad_output_replicated;
};

struct FinishForward {
    const float *x, *y, *res, *post, *norm;
    float *total, *output;
    float epsilon;
    bool x_replicated;
};

struct FinishBackward {
    const float *total, *post, *norm, *grad_output;
    float *grad_total, *grad_y, *grad_norm;
    float epsilon;
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
};

} // namespace mhc
