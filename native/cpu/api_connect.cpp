// The part of the C ABI that connects sublayers; api.cpp has the single steps.
#include "call.h"

using mhc::Arguments;
using mhc::call;
using mhc::Kernels;

namespace {

void check_parameters(Arguments &check, const float *phi, const float *bias, const float *alpha) {
    check.tensor("phi", phi, check.width()).tensor("bias", bias, 1).tensor("alpha", alpha, 1);
}

int backward(const mhc::ConnectBackward &a, Arguments &check, char *error, size_t error_size) {
    const int64_t channels = check.sizes().channels;
    check.stored("x", a.x, channels).stored("y", a.y, channels);
    check_parameters(check, a.phi, a.bias, a.alpha);
    check.per_token("pre", a.pre, 1).per_token("post", a.post, 1).per_token("res", a.res, 1);
    check.per_token("raw", a.raw, 1).per_token("r", a.r, 1);
    check.stored("grad_output", a.grad_output, channels).stored("grad_h", a.grad_h, channels);
    const bool before = a.post_before != nullptr || a.grad_y_before != nullptr,
               normed = a.norm != nullptr || a.grad_norm != nullptr;
    check.per_token("post_before", a.post_before, before).stored("grad_y_before", a.grad_y_before, before);
    check.stored("grad_x", a.grad_x, a.grad_y_before != nullptr ? 0 : channels);
    check.tensor("grad_phi", a.grad_phi, check.width()).tensor("grad_bias", a.grad_bias, 1);
    check.tensor("grad_alpha", a.grad_alpha, 1);
    check.tensor("norm", a.norm, normed && channels != 0).tensor("grad_norm", a.grad_norm, normed && channels != 0);
    return call(check, &Kernels::connect_backward, a, error, error_size);
}

} // namespace

extern "C" {

int mhc_connect_forward(int32_t dtype, const void *x, int32_t x_replicated, const void *y, const float *res_before,
                        const float *post_before, void *x_next, const float *phi, const float *bias, const float *alpha,
                        const float *norm, float epsilon, float *pre, float *post, float *res, float *raw, float *r, void *h,
                        int64_t tokens, int32_t n, int64_t channels, int32_t iterations, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).iterations(iterations).flag("x_replicated", x_replicated);
    check.stored("x", x, channels).stored("y", y, 0);
    check.per_token("res_before", res_before, y != nullptr ? 1 : 0).per_token("post_before", post_before, y != nullptr ? 1 : 0);
    check.stored("x_next", x_next, y != nullptr ? channels : 0);
    check_parameters(check, phi, bias, alpha);
    check.tensor("norm", norm, 0).per_token("pre", pre, 1).per_token("post", post, 1).per_token("res", res, 1);
    check.per_token("raw", raw, 1).per_token("r", r, 1).stored("h", h, channels);
    return call(
        check, &Kernels::connect_forward,
        {x, y, res_before, post_before, phi, bias, alpha, norm, x_next, pre, post, res, raw, r, h, epsilon, x_replicated != 0},
        error, error_size);
}

int mhc_connect_backward(int32_t dtype, const void *x, int32_t x_replicated, const void *y, const float *phi, const float *bias,
                         const float *alpha, const float *norm, float epsilon, const float *pre, const float *post,
                         const float *res, const float *raw, const float *r, const void *grad_output,
                         int32_t grad_output_replicated, const void *grad_h, void *grad_x, const float *post_before,
                         void *grad_y_before, float *grad_phi, float *grad_bias, float *grad_alpha, float *grad_norm,
                         int64_t tokens, int32_t n, int64_t channels, int32_t iterations, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).iterations(iterations);
    check.flag("x_replicated", x_replicated).flag("grad_output_replicated", grad_output_replicated);
    return backward({x,
                     y,
                     phi,
                     bias,
                     alpha,
                     norm,
                     pre,
                     post,
                     res,
                     raw,
                     r,
                     grad_output,
                     grad_h,
                     post_before,
                     grad_x,
                     grad_y_before,
                     grad_phi,
                     grad_bias,
                     grad_alpha,
                     grad_norm,
                     epsilon,
                     x_replicated != 0,
                     grad_output_replicated != 0},
                    check, error, error_size);
}

int mhc_layer_backward(int32_t dtype, const void *x, const void *y, const float *phi, const float *bias, const float *alpha,
                       const float *pre, const float *post, const float *res, const float *raw, const float *r,
                       const void *grad_output, const void *grad_h, void *grad_x, float *grad_phi, float *grad_bias,
                       float *grad_alpha, int64_t tokens, int32_t n, int64_t channels, int32_t iterations, char *error,
                       size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).iterations(iterations);
    return backward({x,      y,       phi,    bias,    alpha,    nullptr,   pre,        post,    res,  raw,   r,    grad_output,
                     grad_h, nullptr, grad_x, nullptr, grad_phi, grad_bias, grad_alpha, nullptr, 0.0f, false, false},
                    check, error, error_size);
}

int mhc_finish_forward(int32_t dtype, const void *x, int32_t x_replicated, const void *y, const float *res, const float *post,
                       const float *norm, float epsilon, void *total, void *output, int64_t tokens, int32_t n, int64_t channels,
                       char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).flag("x_replicated", x_replicated);
    check.stored("x", x, channels).stored("y", y, channels).per_token("res", res, 1).per_token("post", post, 1);
    check.tensor("norm", norm, channels).stored("total", total, channels).stored("output", output, channels);
    return call(check, &Kernels::finish_forward, {x, y, res, post, norm, total, output, epsilon, x_replicated != 0}, error,
                error_size);
}

int mhc_finish_backward(int32_t dtype, const void *total, const float *post, const float *norm, float epsilon,
                        const void *grad_output, void *grad_total, void *grad_y, float *grad_norm, int64_t tokens, int32_t n,
                        int64_t channels, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).stored("total", total, channels).per_token("post", post, 1).tensor("norm", norm, channels);
    check.stored("grad_output", grad_output, channels).stored("grad_total", grad_total, channels);
    check.stored("grad_y", grad_y, channels).tensor("grad_norm", grad_norm, channels);
    return call(check, &Kernels::finish_backward, {total, post, norm, grad_output, grad_total, grad_y, grad_norm, epsilon},
                error, error_size);
}

} // extern "C"
