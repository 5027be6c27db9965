// The C ABI: checks, then the chosen build's kernel.
#include "call.h"

using mhc::Arguments;
using mhc::call;
using mhc::check_coefficients;
using mhc::check_parameters;
using mhc::checked;
using mhc::Kernels;
using mhc::Uses;

namespace {

// mhc_coefficients_forward; with h, mhc_enter_forward.
template <class A>
int coefficients_forward(Arguments &check, const A &a, void *h) {
    check.stored("x", a.x, check.width());
    check_parameters(check, a);
    check_coefficients(check, a);
    return call(check, &Kernels::connect_forward,
                {.head = a.head,
                 .x = a.x,
                 .phi = a.phi,
                 .bias = a.bias,
                 .alpha = a.alpha,
                 .pre = a.pre,
                 .post = a.post,
                 .res = a.res,
                 .raw = a.raw,
                 .r = a.r,
                 .h = h});
}

} // namespace

extern "C" {

int mhc_sinkhorn_forward(const mhc_sinkhorn_forward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::iterations).per_token("logits", a.logits, 1).per_token("output", a.output, 1);
        return call(check, &Kernels::sinkhorn_forward, a);
    });
}

int mhc_sinkhorn_backward(const mhc_sinkhorn_backward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::iterations).per_token("logits", a.logits, 1);
        check.per_token("grad_output", a.grad_output, 1).per_token("grad_logits", a.grad_logits, 1);
        return call(check, &Kernels::sinkhorn_backward, a);
    });
}

int mhc_coefficients_forward(const mhc_coefficients_forward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::both);
        return coefficients_forward(check, a, nullptr);
    });
}

int mhc_enter_forward(const mhc_enter_forward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::both).stored("h", a.h, check.channels());
        return coefficients_forward(check, a, a.h);
    });
}

int mhc_coefficients_backward(const mhc_coefficients_backward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::both).flag("accumulate_x", a.accumulate_x).reserved(a.reserved);
        check.stored("x", a.x, check.width());
        check_parameters(check, a);
        check.per_token("raw", a.raw, 1).per_token("r", a.r, 1);
        check.per_token("grad_pre", a.grad_pre, 1).per_token("grad_post", a.grad_post, 1);
        check.per_token("grad_res", a.grad_res, 1);
        check.stored("grad_x", a.grad_x, check.width()).tensor("grad_phi", a.grad_phi, check.width());
        check.tensor("grad_bias", a.grad_bias, 1).tensor("grad_alpha", a.grad_alpha, 1);
        return call(check, &Kernels::coefficients_backward, a);
    });
}

int mhc_read_forward(const mhc_read_forward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::channels);
        check.stored("x", a.x, check.channels()).per_token("pre", a.pre, 1).stored("h", a.h, check.channels());
        return call(check, &Kernels::read_forward, a);
    });
}

int mhc_read_backward(const mhc_read_backward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::channels).flag("accumulate_x", a.accumulate_x).reserved(a.reserved);
        const int64_t channels = check.channels();
        check.stored("x", a.x, channels).per_token("pre", a.pre, 1).stored("grad_h", a.grad_h, channels);
        check.stored("grad_x", a.grad_x, channels).per_token("grad_pre", a.grad_pre, 1);
        return call(check, &Kernels::read_backward, a);
    });
}

int mhc_write_forward(const mhc_write_forward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::channels);
        const int64_t channels = check.channels();
        check.stored("x", a.x, channels).stored("y", a.y, channels);
        check.per_token("res", a.res, 1).per_token("post", a.post, 1).stored("output", a.output, channels);
        return call(check, &Kernels::write_forward, a);
    });
}

int mhc_write_backward(const mhc_write_backward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::channels).flag("accumulate_x", a.accumulate_x).reserved(a.reserved);
        const int64_t channels = check.channels();
        check.stored("x", a.x, channels).stored("y", a.y, channels).per_token("res", a.res, 1).per_token("post", a.post, 1);
        check.stored("grad_output", a.grad_output, channels).stored("grad_x", a.grad_x, channels);
        check.stored("grad_y", a.grad_y, channels).per_token("grad_res", a.grad_res, 1);
        check.per_token("grad_post", a.grad_post, 1);
        return call(check, &Kernels::write_backward, a);
    });
}

int mhc_write_backward_y(const mhc_write_backward_y_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        check.head(a.head, Uses::channels).per_token("post", a.post, 1);
        check.stored("grad_output", a.grad_output, check.channels()).stored("grad_y", a.grad_y, check.channels());
        return call(check, &Kernels::write_backward_y, a);
    });
}

} // extern "C"
