// From projected streams to H_pre, H_post and H_res and back (P eq. 7 and 8), one vector per coefficient and kLanes tokens at a
// time.
#pragma once

#include "projection.h"
#include "sinkhorn_steps.h"

namespace mhc::MHC_NAMESPACE {

MHC_INLINE int smaller(int a, int b) {
    return a < b ? a : b;
}

MHC_INLINE float square_root(float v) {
    return __builtin_sqrtf(v);
}

// The index of alpha that belongs to coefficient m.
template <int N>
constexpr int gate_of(int m) {
    return m < N ? 0 : m < 2 * N ? 1 : 2;
}

// From what `project` gives for `count` <= kLanes tokens: r [count], raw [count, M], pre [count, n], post [count, n] and
// res [count, n, n].
template <int N>
void activate(const Vec *products, Vec squares, const float *bias, const float *alpha, int count, int iterations, int64_t depth,
              float *r, float *raw, float *pre, float *post, float *res) {
    constexpr int m = Coefficients<N>::count;
    Vec scale = splat(1.0f);
    for (int t = 0; t < count; t++)
        r[t] = scale[t] = square_root(squares[t] / static_cast<float>(depth));
    const Vec inverse = 1.0f / scale;
    Vec logits[m], result[N * N];
    for (int k = 0; k < m; k++)
        logits[k] = products[k] * inverse;
    store_columns<m>(raw, count, logits);
    for (int k = 0; k < m; k++)
        logits[k] = logits[k] * alpha[gate_of<N>(k)] + bias[k];
    sinkhorn<N>(logits + 2 * N, result, iterations);
    store_columns<N * N>(res, count, result);
    for (int k = 0; k < N; k++) {
        logits[k] = sigmoid(logits[k]);
        logits[N + k] = 2.0f * sigmoid(logits[N + k]);
    }
    store_columns<N>(pre, count, logits);
    store_columns<N>(post, count, logits + N);
}

// Sums over tokens, lane by lane; `finish` adds the lanes up in a fixed order.
template <int N>
struct GradientSums {
    Vec bias[Coefficients<N>::count];
    Vec alpha[3];

    void clear() {
        for (Vec &v : bias)
            v = Vec{};
        for (Vec &v : alpha)
            v = Vec{};
    }

    // out: [M + 3]
    void finish(float *out) const {
        for (int k = 0; k < Coefficients<N>::count; k++)
            out[k] = sum(bias[k]);
        for (int k = 0; k < 3; k++)
            out[Coefficients<N>::count + k] = sum(alpha[k]);
    }
};

// What gradient_tile takes: grad_products [count, M] = dL/d(x phi), and scales[t], such that the share of r in
// dL/dx[t] is scales[t] * x[t]. From r = |v| / sqrt(K) and raw = (v phi) / r: dL/dr = -<grad_raw, raw> / r, dr/dv = v / (K r).
template <int N>
void activate_backward(const float *raw, const float *r, const float *bias, const float *alpha, const float *grad_pre,
                       const float *grad_post, const float *grad_res, int count, int iterations, int64_t depth, Vec *history,
                       float (*grad_products)[Coefficients<N>::count], float *scales, GradientSums<N> &sums) {
    constexpr int m = Coefficients<N>::count;
    for (int t = 0; t < count; t += kLanes) {
        const int now = smaller(count - t, kLanes);
        Vec values[m], logits[m], g[m];
        load_columns<m>(raw + t * m, now, values);
        load_columns<N>(grad_pre + t * N, now, g);
        load_columns<N>(grad_post + t * N, now, g + N);
        load_columns<N * N>(grad_res + t * N * N, now, g + 2 * N);
        for (int k = 0; k < m; k++)
            logits[k] = values[k] * alpha[gate_of<N>(k)] + bias[k];
        for (int k = 0; k < 2 * N; k++) {
            const Vec s = sigmoid(logits[k]);
            g[k] *= s * (1.0f - s) * (k < N ? 1.0f : 2.0f);
        }
        sinkhorn_gradient<N>(logits + 2 * N, g + 2 * N, iterations, history);

        const Vec inverse = 1.0f / load(r + t, Part{now});
        Vec along = {};
        for (int k = 0; k < m; k++) {
            sums.bias[k] += g[k];
            sums.alpha[gate_of<N>(k)] += g[k] * values[k];
            g[k] *= alpha[gate_of<N>(k)];
            along = fma(g[k], values[k], along);
            g[k] *= inverse;
        }
        store(scales + t, -along * inverse * inverse * (1.0f / static_cast<float>(depth)), Part{now});
        store_columns<m>(grad_products[t], now, g);
    }
}

} // namespace mhc::MHC_NAMESPACE
