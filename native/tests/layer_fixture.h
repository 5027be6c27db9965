// One mHC sublayer's tensors, for the tests of the coefficients and of the whole layer.
#pragma once

#include "reference.h"

namespace mhc::test {

constexpr int kIterations = 20;

struct LayerInputs {
    Tensor x, phi, bias, alpha, grad_pre, grad_post, grad_res, before;

    // phi's scale keeps the logits near a standard deviation of one at any width. Beside bfloat16 streams it is of bfloat16
    // numbers: some builds round it for its products, and their results are to be compared closely.
    LayerInputs(const Shape &s, Random &random)
        : x(s.tokens * s.depth(), random, 1, s.dtype),
          phi(s.depth() * s.coefficients(), random, 1 / std::sqrt(double(s.depth()))), bias(s.coefficients(), random),
          alpha(3, random), grad_pre(s.tokens * s.n, random), grad_post(s.tokens * s.n, random),
          grad_res(s.tokens * s.n * s.n, random), before(x.size(), random, 1, s.dtype) {
        if (s.dtype == MHC_BFLOAT16)
            phi.round();
    }
};

struct LayerOutputs {
    Tensor pre, post, res, raw, r;

    explicit LayerOutputs(const Shape &s)
        : pre(s.tokens * s.n), post(s.tokens * s.n), res(s.tokens * s.n * s.n), raw(s.tokens * s.coefficients()), r(s.tokens) {}
};

struct LayerGradients {
    Tensor x, phi, bias, alpha;

    explicit LayerGradients(const LayerInputs &in) : x(in.before), phi(in.phi.size()), bias(in.bias.size()), alpha(3) {}
};

inline void coefficients_forward(const Shape &s, const LayerInputs &in, LayerOutputs &out) {
    compute(mhc_coefficients_forward, {.head = s.head(kIterations),
                                       .x = in.x,
                                       .phi = in.phi,
                                       .bias = in.bias,
                                       .alpha = in.alpha,
                                       .pre = out.pre,
                                       .post = out.post,
                                       .res = out.res,
                                       .raw = out.raw,
                                       .r = out.r});
}

inline void coefficients_backward(const Shape &s, const LayerInputs &in, const LayerOutputs &out, LayerGradients &grad,
                                  bool accumulate) {
    compute(mhc_coefficients_backward, {.head = s.head(kIterations),
                                        .x = in.x,
                                        .phi = in.phi,
                                        .bias = in.bias,
                                        .alpha = in.alpha,
                                        .raw = out.raw,
                                        .r = out.r,
                                        .grad_pre = in.grad_pre,
                                        .grad_post = in.grad_post,
                                        .grad_res = in.grad_res,
                                        .grad_x = grad.x,
                                        .grad_phi = grad.phi,
                                        .grad_bias = grad.bias,
                                        .grad_alpha = grad.alpha,
                                        .accumulate_x = accumulate});
}

inline void expect_close_outputs(const Shape &s, const LayerOutputs &out, const CoefficientValues &expected,
                                 double tolerance = 2e-5) {
    expect_close("pre", s, out.pre, expected.pre, tolerance);
    expect_close("post", s, out.post, expected.post, tolerance);
    expect_close("res", s, out.res, expected.res, tolerance);
    expect_close("raw", s, out.raw, expected.raw, tolerance);
    expect_close("r", s, out.r, expected.r, tolerance);
}

// Where bfloat16 streams meet an instruction for them, phi's gradient is a sum of rounded factors.
inline double phi_tolerance(const Shape &s, double tolerance = 2e-5) {
    return s.dtype == MHC_BFLOAT16 ? kRounded : tolerance;
}

// With K = 1, v / r is a sign, the coefficients' gradient of x is zero, and only rounding would be compared: `x` is false then.
inline void expect_close_gradients(const Shape &s, const LayerGradients &grad, const CoefficientGradients &expected, bool x) {
    if (x)
        expect_close("grad_x", s, grad.x, expected.x);
    expect_close("grad_phi", s, grad.phi, expected.phi, phi_tolerance(s));
    expect_close("grad_bias", s, grad.bias, expected.bias);
    expect_close("grad_alpha", s, grad.alpha, expected.alpha);
}

inline void expect_same_gradients(const Shape &s, const LayerGradients &one, const LayerGradients &other) {
    expect_same("grad_x", s, one.x, other.x);
    expect_same("grad_phi", s, one.phi, other.phi);
    expect_same("grad_bias", s, one.bias, other.bias);
    expect_same("grad_alpha", s, one.alpha, other.alpha);
}

} // namespace mhc::test
