// The RMS norm of one row: y = x * r * weight with r = 1 / sqrt(mean(x^2) + epsilon), and its gradient. Rows are stored as
// float or Bf16.
#pragma once

#include "coefficients_tile.h"

namespace mhc::MHC_NAMESPACE {

template <class T>
MHC_INLINE float norm_scale(const T *x, float epsilon, int64_t channels) {
    Vec total = {};
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        const Vec value = load(x + c, lanes);
        total = fma(value, value, total);
    });
    return 1.0f / square_root(sum(total) / static_cast<float>(channels) + epsilon);
}

// In place where y = x.
template <class T, class U>
MHC_INLINE void norm(const T *x, const float *weight, float epsilon, U *y, int64_t channels) {
    const Vec scale = splat(norm_scale(x, epsilon, channels));
    each_block(channels, [&](int64_t c, auto lanes)
                             MHC_INLINE_BODY { store(y + c, load(x + c, lanes) * scale * load(weight + c, lanes), lanes); });
}

// grad_x = r * (g * weight - x * r^2 * mean(g * weight * x)), grad_weight += g * x * r
template <class T, class U, class V>
MHC_INLINE void norm_gradient(const T *x, const float *weight, float epsilon, const U *g, V *grad_x, float *grad_weight,
                              int64_t channels) {
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
