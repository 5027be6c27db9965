// The C ABI: checks, then the chosen build's kernel.
#include "call.h"

using mhc::Arguments;
using mhc::call;
using mhc::Kernels;

extern "C" {

int mhc_sinkhorn_forward(const float *logits, float *output, int64_t tokens, int32_t n, int32_t iterations, char *error,
                         size_t error_size) {
    Arguments check(error, error_size, tokens, n);
    check.iterations(iterations);
    check.per_token("logits", logits, check.squared()).per_token("output", output, check.squared());
    return call(check, &Kernels::sinkhorn_forward, {logits, output}, error, error_size);
}

int mhc_sinkhorn_backward(const float *logits, const float *grad_output, float *grad_logits, int64_t tokens, int32_t n,
                          int32_t iterations, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n);
    check.iterations(iterations);
    check.per_token("logits", logits, check.squared()).per_token("grad_output", grad_output, check.squared());
    check.per_token("grad_logits", grad_logits, check.squared());
    return call(check, &Kernels::sinkhorn_backward, {logits, grad_output, grad_logits}, error, error_size);
}

static void check_layer(Arguments &check, const void *x, const float *phi, const float *bias, const float *alpha) {
    check.stored("x", x, check.width()).tensor("phi", phi, check.width());
    check.tensor("bias", bias, 1).tensor("alpha", alpha, 1);
}

static int coefficients_forward(const mhc::ConnectForward &a, Arguments &check, char *error, size_t error_size) {
    check_layer(check, a.x, a.phi, a.bias, a.alpha);
    check.per_token("pre", a.pre, 1).per_token("post", a.post, 1).per_token("res", a.res, 1);
    check.per_token("raw", a.raw, 1).per_token("r", a.r, 1);
    return call(check, &Kernels::connect_forward, a, error, error_size);
}

int mhc_coefficients_forward(int32_t dtype, const void *x, const float *phi, const float *bias, const float *alpha, float *pre,
                             float *post, float *res, float *raw, float *r, int64_t tokens, int32_t n, int64_t channels,
                             int32_t iterations, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).iterations(iterations);
    return coefficients_forward(
        {x, nullptr, nullptr, nullptr, phi, bias, alpha, nullptr, nullptr, pre, post, res, raw, r, nullptr, 0.0f, false}, check,
        error, error_size);
}

int mhc_enter_forward(int32_t dtype, const void *x, const float *phi, const float *bias, const float *alpha, float *pre,
                      float *post, float *res, float *raw, float *r, void *h, int64_t tokens, int32_t n, int64_t channels,
                      int32_t iterations, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).iterations(iterations).stored("h", h, channels);
    return coefficients_forward(
        {x, nullptr, nullptr, nullptr, phi, bias, alpha, nullptr, nullptr, pre, post, res, raw, r, h, 0.0f, false}, check,
        error, error_size);
}

int mhc_coefficients_backward(int32_t dtype, const void *x, const float *phi, const float *bias, const float *alpha,
                              const float *raw, const float *r, const float *grad_pre, const float *grad_post,
                              const float *grad_res, void *grad_x, float *grad_phi, float *grad_bias, float *grad_alpha,
                              int64_t tokens, int32_t n, int64_t channels, int32_t iterations, int32_t accumulate_x,
                              char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).iterations(iterations).flag("accumulate_x", accumulate_x);
    check_layer(check, x, phi, bias, alpha);
    check.per_token("raw", raw, 1).per_token("r", r, 1);
    check.per_token("grad_pre", grad_pre, 1).per_token("grad_post", grad_post, 1).per_token("grad_res", grad_res, 1);
    check.stored("grad_x", grad_x, check.width()).tensor("grad_phi", grad_phi, check.width());
    check.tensor("grad_bias", grad_bias, 1).tensor("grad_alpha", grad_alpha, 1);
    return call(check, &Kernels::coefficients_backward,
                {x, phi, bias, alpha, raw, r, grad_pre, grad_post, grad_res, grad_x, grad_phi, grad_bias, grad_alpha,
                 accumulate_x != 0},
                error, error_size);
}

int mhc_read_forward(int32_t dtype, const void *x, const float *pre, void *h, int64_t tokens, int32_t n, int64_t channels,
                     char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).stored("x", x, channels).per_token("pre", pre, 1).stored("h", h, channels);
    return call(check, &Kernels::read_forward, {x, pre, h}, error, error_size);
}

int mhc_read_backward(int32_t dtype, const void *x, const float *pre, const void *grad_h, void *grad_x, float *grad_pre,
                      int64_t tokens, int32_t n, int64_t channels, int32_t accumulate_x, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).flag("accumulate_x", accumulate_x);
    check.stored("x", x, channels).per_token("pre", pre, 1).stored("grad_h", grad_h, channels);
    check.stored("grad_x", grad_x, channels).per_token("grad_pre", grad_pre, 1);
    return call(check, &Kernels::read_backward, {x, pre, grad_h, grad_x, grad_pre, accumulate_x != 0}, error, error_size);
}

int mhc_write_forward(int32_t dtype, const void *x, const void *y, const float *res, const float *post, void *output,
                      int64_t tokens, int32_t n, int64_t channels, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).stored("x", x, channels).stored("y", y, channels);
    check.per_token("res", res, 1).per_token("post", post, 1).stored("output", output, channels);
    return call(check, &Kernels::write_forward, {x, y, res, post, output}, error, error_size);
}

int mhc_write_backward(int32_t dtype, const void *x, const void *y, const float *res, const float *post,
                       const void *grad_output, void *grad_x, void *grad_y, float *grad_res, float *grad_post, int64_t tokens,
                       int32_t n, int64_t channels, int32_t accumulate_x, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).flag("accumulate_x", accumulate_x);
    check.stored("x", x, channels).stored("y", y, channels).per_token("res", res, 1).per_token("post", post, 1);
    check.stored("grad_output", grad_output, channels).stored("grad_x", grad_x, channels);
    check.stored("grad_y", grad_y, channels).per_token("grad_res", grad_res, 1).per_token("grad_post", grad_post, 1);
    return call(check, &Kernels::write_backward,
                {x, y, res, post, grad_output, grad_x, grad_y, grad_res, grad_post, accumulate_x != 0}, error, error_size);
}

int mhc_write_backward_y(int32_t dtype, const float *post, const void *grad_output, void *grad_y, int64_t tokens, int32_t n,
                         int64_t channels, char *error, size_t error_size) {
    Arguments check(error, error_size, tokens, n, dtype);
    check.channels(channels).per_token("post", post, 1);
    check.stored("grad_output", grad_output, channels).stored("grad_y", grad_y, channels);
    return call(check, &Kernels::write_backward_y, {post, grad_output, grad_y}, error, error_size);
}

} // extern "C"
