// The RMS norm of one row: y = x * r * weight with r = 1 / sqrt(mean(x^2) + epsilon), and its gradient.
#pragma once

#include "coefficients_tile.h"

namespace mhc::MHC_NAMESPACE {

MHC_INLINE float norm_scale(const float *x, float epsilon, int64_t channels) {
    return 1.0f / square_root(sum_of_squares(x, channels) / static_cast<float>(channels) + epsilon);
}

// In place where y = x.
MHC_INLINE void norm(const float *x, const float *weight, float epsilon, float *y, int64_t channels) {
    const Vec scale = splat(norm_scale(x, epsilon, channels));
    each_block(channels, [&](int64_t c, auto lanes)
                             MHC_INLINE_BODY { store(y + c, load(x + c, lanes) * scale * load(weight + c, lanes), lanes); });
}

// grad_x = r * (g * weight - x * r^2 * mean(g * weight * x)), grad_weight += g * x * r
MHC_INLINE void norm_gradient(const float *x, const float *weight, float epsilon, const float *g, float *grad_x,
                              float *grad_weight, int64_t channels) {
    const float r = norm_scale(x, epsilon, channels);
    Vec total = {};
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        total = fma(load(g + c, lanes) * load(weight + c, lanes), load(x + c, lanes), total);
    });
    const Vec scale = splat(r), along = splat(r * r * sum(total) / static_cast<float>(channels));
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        const Vec upstream = load(g + c, lanes), value = load(x + c, lanes);
        store(grad_x + c, (upstream * load(weight + c, lanes) - value * along) * scale, lanes);
        store(grad_weight + c, fma(upstream * value, scale, load(grad_weight + c, lanes)), lanes);
    });
}

} // namespace mhc::MHC_NAMESPACE
