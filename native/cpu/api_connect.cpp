// The part of the C ABI that connects sublayers; api.cpp has the single steps.
#include "call.h"

using mhc::Arguments;
using mhc::call;
using mhc::check_coefficients;
using mhc::check_parameters;
using mhc::checked;
using mhc::Kernels;
using mhc::Uses;

namespace {

int backward(Arguments &check, const mhc_connect_backward_args &a) {
    const int64_t channels = check.channels();
    check.stored("x", a.x, channels).stored("y", a.y, channels);
    check_parameters(check, a);
    check_coefficients(check, a);
    check.stored("grad_output", a.grad_output, channels).stored("grad_h", a.grad_h, channels);
    const bool before = a.post_before != nullptr || a.grad_y_before != nullptr,
               normed = a.norm != nullptr || a.grad_norm != nullptr;
    check.per_token("post_before", a.post_before, before).stored("grad_y_before", a.grad_y_before, before);
    check.stored("grad_x", a.grad_x, a.grad_y_before != nullptr ? 0 : channels);
    check.tensor("grad_phi", a.grad_phi, check.width()).tensor("grad_bias", a.grad_bias, 1);
    check.tensor("grad_alpha", a.grad_alpha, 1);
    check.tensor("norm", a.norm, normed && channels != 0).tensor("grad_norm", a.grad_norm, normed && channels != 0);
    return call(check, &Kernels::connect_backward, a);
}

} // namespace

extern "C" {

int mhc_connect_forward(const mhc_connect_forward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::both).flag("x_replicated", a.x_replicated);
        const int64_t channels = check.channels(), before = a.y != nullptr ? 1 : 0;
        check.stored("x", a.x, channels).stored("y", a.y, 0);
        check.per_token("res_before", a.res_before, before).per_token("post_before", a.post_before, before);
        check.stored("x_next", a.x_next, before * channels);
        check_parameters(check, a);
        check.tensor("norm", a.norm, 0);
        check_coefficients(check, a);
        check.stored("h", a.h, channels);
        return call(check, &Kernels::connect_forward, a);
    });
}

int mhc_connect_backward(const mhc_connect_backward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::both).flag("x_replicated", a.x_replicated);
        check.flag("grad_output_replicated", a.grad_output_replicated).reserved(a.reserved);
        return backward(check, a);
    });
}

int mhc_layer_backward(const mhc_layer_backward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::both);
        return backward(check, {.head = a.head,
                                .x = a.x,
                                .y = a.y,
                                .phi = a.phi,
                                .bias = a.bias,
                                .alpha = a.alpha,
                                .pre = a.pre,
                                .post = a.post,
                                .res = a.res,
                                .raw = a.raw,
                                .r = a.r,
                                .grad_output = a.grad_output,
                                .grad_h = a.grad_h,
                                .grad_x = a.grad_x,
                                .grad_phi = a.grad_phi,
                                .grad_bias = a.grad_bias,
                                .grad_alpha = a.grad_alpha});
    });
}

int mhc_finish_forward(const mhc_finish_forward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::channels).flag("x_replicated", a.x_replicated);
        const int64_t channels = check.channels();
        check.stored("x", a.x, channels).stored("y", a.y, channels).per_token("res", a.res, 1).per_token("post", a.post, 1);
        check.tensor("norm", a.norm, channels).stored("total", a.total, channels).stored("output", a.output, channels);
        return call(check, &Kernels::finish_forward, a);
    });
}

int mhc_finish_backward(const mhc_finish_backward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::channels).reserved(a.reserved);
        const int64_t channels = check.channels();
        check.stored("total", a.total, channels).per_token("post", a.post, 1).tensor("norm", a.norm, channels);
        check.stored("grad_output", a.grad_output, channels).stored("grad_total", a.grad_total, channels);
        check.stored("grad_y", a.grad_y, channels).tensor("grad_norm", a.grad_norm, channels);
        return call(check, &Kernels::finish_backward, a);
    });
}

} // extern "C"
