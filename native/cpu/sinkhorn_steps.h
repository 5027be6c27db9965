// Sinkhorn-Knopp on kLanes matrices at once, one vector per element (P eq. 9). The matrix itself is kept rather than two
// vectors of scales: its elements stay within [0, 1] whatever the logits, while scales would leave float32's range.
#pragma once

#include "simd.h"

namespace mhc::MHC_NAMESPACE {

// m = exp(logits - the column's maximum). The first column normalisation cancels any factor of a column.
template <int N>
MHC_INLINE void exponentials(const Vec *logits, Vec *m) {
#pragma GCC unroll 4
    for (int j = 0; j < N; j++) {
        Vec top = logits[j];
#pragma GCC unroll 4
        for (int i = 1; i < N; i++)
            top = max(logits[i * N + j], top);
#pragma GCC unroll 4
        for (int i = 0; i < N; i++)
            m[i * N + j] = exp_nonpositive(logits[i * N + j] - top);
    }
}

// Divides every column (Stride = N, Step = 1) or row (Stride = 1, Step = N) by its sum; scales[k] = 1 / sum.
template <int N, int Stride, int Step>
MHC_INLINE void normalise(Vec *m, Vec *scales) {
#pragma GCC unroll 4
    for (int k = 0; k < N; k++) {
        Vec total = m[k * Step];
#pragma GCC unroll 4
        for (int i = 1; i < N; i++)
            total += m[k * Step + i * Stride];
        scales[k] = reciprocal(total);
#pragma GCC unroll 4
        for (int i = 0; i < N; i++)
            m[k * Step + i * Stride] *= scales[k];
    }
}

template <int N>
MHC_INLINE void normalise_columns(Vec *m, Vec *scales) {
    normalise<N, N, 1>(m, scales);
}
template <int N>
MHC_INLINE void normalise_rows(Vec *m, Vec *scales) {
    normalise<N, 1, N>(m, scales);
}

// Gradient of `normalise`, in place, from its result and scales: g = (g - <g, result>) * scale, by column or row.
template <int N, int Stride, int Step>
MHC_INLINE void normalise_backward(Vec *g, const Vec *result, const Vec *scales) {
#pragma GCC unroll 4
    for (int k = 0; k < N; k++) {
        Vec dot = g[k * Step] * result[k * Step];
#pragma GCC unroll 4
        for (int i = 1; i < N; i++)
            dot = fma(g[k * Step + i * Stride], result[k * Step + i * Stride], dot);
#pragma GCC unroll 4
        for (int i = 0; i < N; i++)
            g[k * Step + i * Stride] = (g[k * Step + i * Stride] - dot) * scales[k];
    }
}

template <int N>
MHC_INLINE void sinkhorn(const Vec *logits, Vec *m, int iterations) {
    exponentials<N>(logits, m);
    Vec scales[N];
    for (int it = 0; it < iterations; it++) {
        normalise_columns<N>(m, scales);
        normalise_rows<N>(m, scales);
    }
}

// Vectors of memory that sinkhorn_gradient needs: every half iteration's result and scales, for kLanes tokens only.
template <int N>
constexpr int64_t history_vectors(int iterations) {
    return int64_t{2} * (N * N + N) * iterations;
}

// In: g = dL/d(output). Out: g = dL/d(logits).
template <int N>
MHC_INLINE void sinkhorn_gradient(const Vec *logits, Vec *g, int iterations, Vec *history) {
    constexpr int half = N * N + N;
    Vec start[N * N], m[N * N];
    exponentials<N>(logits, start);
#pragma GCC unroll 16
    for (int k = 0; k < N * N; k++)
        m[k] = start[k];
    Vec *record = history;
    for (int it = 0; it < iterations; it++, record += 2 * half) {
        normalise_columns<N>(m, record + N * N);
#pragma GCC unroll 16
        for (int k = 0; k < N * N; k++)
            record[k] = m[k];
        normalise_rows<N>(m, record + half + N * N);
#pragma GCC unroll 16
        for (int k = 0; k < N * N; k++)
            record[half + k] = m[k];
    }
    for (int it = 0; it < iterations; it++) {
        record -= 2 * half;
        normalise_backward<N, 1, N>(g, record + half, record + half + N * N);
        normalise_backward<N, N, 1>(g, record, record + N * N);
    }
#pragma GCC unroll 16
    for (int k = 0; k < N * N; k++)
        g[k] *= start[k];
}

} // namespace mhc::MHC_NAMESPACE
