// Read and write of one token's streams (P eq. 3), forward and backward. Streams are rows `stride` floats apart: `channels`
// where they are contiguous, 0 where all of them are one row in memory (the embedding, and the gradient of their sum). A
// token's rows fit into the first-level cache, so the backward pass takes them several times over rather than keep more
// accumulators than there are registers.
#pragma once

#include "simd.h"

namespace mhc::MHC_NAMESPACE {

template <int Count>
MHC_INLINE void splat_all(const float *values, Vec *vectors) {
#pragma GCC unroll 16
    for (int k = 0; k < Count; k++)
        vectors[k] = splat(values[k]);
}

// h = sum_i pre[i] * x[i]
template <int N>
MHC_INLINE void mix(const float *x, int64_t stride, const float *pre, float *h, int64_t channels) {
    Vec weights[N];
    splat_all<N>(pre, weights);
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        Vec total = weights[0] * load(x + c, lanes);
#pragma GCC unroll 4
        for (int i = 1; i < N; i++)
            total = fma(weights[i], load(x + i * stride + c, lanes), total);
        store(h + c, total, lanes);
    });
}

// output[i] = sum_j res[i, j] * x[j] + post[i] * y
template <int N>
MHC_INLINE void write(const float *x, int64_t stride, const float *y, const float *res, const float *post, float *output,
                      int64_t channels) {
    Vec weights[N * N], gates[N];
    splat_all<N * N>(res, weights);
    splat_all<N>(post, gates);
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        Vec streams[N];
#pragma GCC unroll 4
        for (int j = 0; j < N; j++)
            streams[j] = load(x + j * stride + c, lanes);
        const Vec addend = load(y + c, lanes);
#pragma GCC unroll 4
        for (int i = 0; i < N; i++) {
            Vec total = gates[i] * addend;
#pragma GCC unroll 4
            for (int j = 0; j < N; j++)
                total = fma(weights[i * N + j], streams[j], total);
            store(output + i * channels + c, total, lanes);
        }
    });
}

// `write` past the caches, line by line, and into `kept` too where it is not null. `next` is where the next token's streams
// are: they are asked for, because hardware begins anew with every short row.
template <int N>
MHC_INLINE void write_past(const float *x, int64_t stride, const float *next, const float *y, const float *res,
                           const float *post, float *output, float *kept, int64_t channels) {
    constexpr int vectors = kLine / kLanes;
    for (int64_t c = 0; c < channels; c += kLine) {
        Vec streams[N][vectors], addend[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            addend[v] = load(y + c + v * kLanes);
#pragma GCC unroll 4
        for (int j = 0; j < N; j++) {
            __builtin_prefetch(next + j * stride + c);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                streams[j][v] = load(x + j * stride + c + v * kLanes);
        }
#pragma GCC unroll 4
        for (int i = 0; i < N; i++) {
            Vec totals[vectors];
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                totals[v] = splat(post[i]) * addend[v];
#pragma GCC unroll 4
            for (int j = 0; j < N; j++)
#pragma GCC unroll 4
                for (int v = 0; v < vectors; v++)
                    totals[v] = fma(splat(res[i * N + j]), streams[j][v], totals[v]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                stream(output + i * channels + c + v * kLanes, totals[v]);
                if (kept != nullptr)
                    store(kept + i * channels + c + v * kLanes, totals[v]);
            }
        }
    }
}

// grad_x[j] (+)= sum_i res[i, j] * g[i]; grad_y = sum_i post[i] * g[i]
template <int N>
MHC_INLINE void write_gradient(const float *g, const float *res, const float *post, float *grad_y, float *grad_x,
                               bool accumulate, int64_t channels) {
    Vec weights[N * N], gates[N];
    splat_all<N * N>(res, weights);
    splat_all<N>(post, gates);
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        Vec upstream[N];
#pragma GCC unroll 4
        for (int i = 0; i < N; i++)
            upstream[i] = load(g + i * channels + c, lanes);
        Vec result = gates[0] * upstream[0];
#pragma GCC unroll 4
        for (int i = 1; i < N; i++)
            result = fma(gates[i], upstream[i], result);
        store(grad_y + c, result, lanes);
#pragma GCC unroll 4
        for (int j = 0; j < N; j++) {
            Vec total = weights[j] * upstream[0];
#pragma GCC unroll 4
            for (int i = 1; i < N; i++)
                total = fma(weights[i * N + j], upstream[i], total);
            if (accumulate)
                total += load(grad_x + j * channels + c, lanes);
            store(grad_x + j * channels + c, total, lanes);
        }
    });
}

// Accumulators for rows [First, First + Rows) of grad_res and grad_post; see write_coefficients.
template <int N, int First, int Rows>
MHC_INLINE void write_coefficient_rows(const float *g, int64_t g_stride, const float *x, int64_t x_stride, const float *y,
                                       float *grad_res, float *grad_post, int64_t channels) {
    Vec pairs[Rows * N] = {}, posts[Rows] = {};
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        Vec upstream[Rows];
#pragma GCC unroll 4
        for (int i = 0; i < Rows; i++)
            upstream[i] = load(g + (First + i) * g_stride + c, lanes);
#pragma GCC unroll 8
        for (int j = 0; j < N; j++) {
            const Vec stream = load(x + j * x_stride + c, lanes);
#pragma GCC unroll 4
            for (int i = 0; i < Rows; i++)
                pairs[i * N + j] = fma(upstream[i], stream, pairs[i * N + j]);
        }
        const Vec addend = load(y + c, lanes);
#pragma GCC unroll 4
        for (int i = 0; i < Rows; i++)
            posts[i] = fma(upstream[i], addend, posts[i]);
    });
#pragma GCC unroll 4
    for (int i = 0; i < Rows; i++) {
#pragma GCC unroll 8
        for (int j = 0; j < N; j++)
            grad_res[(First + i) * N + j] = sum(pairs[i * N + j]);
        grad_post[First + i] = sum(posts[i]);
    }
}

// grad_res[i, j] = <g[i], x[j]>; grad_post[i] = <g[i], y>
template <int N, int First = 0>
MHC_INLINE void write_coefficients(const float *g, int64_t g_stride, const float *x, int64_t x_stride, const float *y,
                                   float *grad_res, float *grad_post, int64_t channels) {
    constexpr int fitting = N > 4 ? 1 : kLanes == 16 ? 4 : 2;
    constexpr int rows = N - First < fitting ? N - First : fitting;
    if constexpr (rows > 0) {
        write_coefficient_rows<N, First, rows>(g, g_stride, x, x_stride, y, grad_res, grad_post, channels);
        write_coefficients<N, First + rows>(g, g_stride, x, x_stride, y, grad_res, grad_post, channels);
    }
}

// grad_pre[i] = <x[i], grad_h>, and with X: grad_x[i] (+)= pre[i] * grad_h
template <int N, bool X>
MHC_INLINE void read_gradient(const float *x, int64_t stride, const float *pre, const float *grad_h, float *grad_x,
                              float *grad_pre, bool accumulate, int64_t channels) {
    Vec weights[N], dots[N] = {};
    if (X)
        splat_all<N>(pre, weights);
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        const Vec upstream = load(grad_h + c, lanes);
#pragma GCC unroll 4
        for (int i = 0; i < N; i++) {
            dots[i] = fma(load(x + i * stride + c, lanes), upstream, dots[i]);
            if constexpr (X) {
                Vec total = weights[i] * upstream;
                if (accumulate)
                    total += load(grad_x + i * channels + c, lanes);
                store(grad_x + i * channels + c, total, lanes);
            }
        }
    });
#pragma GCC unroll 4
    for (int i = 0; i < N; i++)
        grad_pre[i] = sum(dots[i]);
}

} // namespace mhc::MHC_NAMESPACE
