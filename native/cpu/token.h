// Read and write of one token's streams (P eq. 3), forward and backward. Streams are rows `stride` floats apart: `channels`
// where they are contiguous, 0 where all of them are one row in memory (the embedding, and the gradient of their sum). A
// token's rows fit into the first-level cache, so the backward pass takes them several times over rather than keep more
// accumulators than there are registers. T is what the streams are stored as, float or Bf16; U that of a row of channels.
#pragma once

#include "bf16.h"

namespace mhc::MHC_NAMESPACE {

template <int Count>
MHC_INLINE void splat_all(const float *values, Vec *vectors) {
#pragma GCC unroll 16
    for (int k = 0; k < Count; k++)
        vectors[k] = splat(values[k]);
}

// h = sum_i pre[i] * x[i]. `next` is where the streams of the next token are, if they are to be asked for: hardware begins anew
// with every short row.
template <int N, class T, class U>
MHC_INLINE void mix(const T *x, int64_t stride, const float *pre, U *h, int64_t channels, const T *next = nullptr) {
    Vec weights[N];
    splat_all<N>(pre, weights);
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        if (next != nullptr)
#pragma GCC unroll 8
            for (int i = 0; i < N; i++)
                prefetch(next + i * stride + c);
        Vec total = weights[0] * load(x + c, lanes);
#pragma GCC unroll 4
        for (int i = 1; i < N; i++)
            total = fma(weights[i], load(x + i * stride + c, lanes), total);
        store(h + c, total, lanes);
    });
}

// output[i] = sum_j res[i, j] * x[j] + post[i] * y
template <int N, class T>
MHC_INLINE void write(const T *x, int64_t stride, const T *y, const float *res, const float *post, T *output,
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

// `write` past the caches, line by line. `next` as in `mix`.
template <int N, class T>
MHC_INLINE void write_past(const T *x, int64_t stride, const T *next, const T *y, const float *res, const float *post,
                           T *output, int64_t channels) {
    constexpr int vectors = kLine<T> / kLanes;
    for (int64_t c = 0; c < channels; c += kLine<T>) {
        Vec streams[N][vectors], addend[vectors];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            addend[v] = load(y + c + v * kLanes);
#pragma GCC unroll 4
        for (int j = 0; j < N; j++) {
            prefetch(next + j * stride + c);
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++)
                streams[j][v] = load(x + j * stride + c + v * kLanes);
        }
#pragma GCC unroll 4
        for (int i = 0; i < N; i++) {
            Vec totals[vectors];
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++)
                totals[v] = splat(post[i]) * addend[v];
#pragma GCC unroll 4
            for (int j = 0; j < N; j++)
#pragma GCC unroll 8
                for (int v = 0; v < vectors; v++)
                    totals[v] = fma(splat(res[i * N + j]), streams[j][v], totals[v]);
            stream_line(output + i * channels + c, totals);
        }
    }
}

// grad_x[j] (+)= sum_i res[i, j] * g[i]; grad_y = sum_i post[i] * g[i]
template <int N, class T>
MHC_INLINE void write_gradient(const T *g, const float *res, const float *post, T *grad_y, T *grad_x, bool accumulate,
                               int64_t channels) {
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
template <int N, int First, int Rows, class T>
MHC_INLINE void write_coefficient_rows(const T *g, int64_t g_stride, const T *x, int64_t x_stride, const T *y, float *grad_res,
                                       float *grad_post, int64_t channels) {
    using Terms = TermsOf<T>;
    Vec pairs[Rows * N] = {}, posts[Rows] = {};
    each_block<Terms::count>(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        typename Terms::Type upstream[Rows];
#pragma GCC unroll 4
        for (int i = 0; i < Rows; i++)
            upstream[i] = load_terms(g + (First + i) * g_stride + c, lanes);
#pragma GCC unroll 8
        for (int j = 0; j < N; j++) {
            const auto stream = load_terms(x + j * x_stride + c, lanes);
#pragma GCC unroll 4
            for (int i = 0; i < Rows; i++)
                pairs[i * N + j] = multiply_add(upstream[i], stream, pairs[i * N + j]);
        }
        const auto addend = load_terms(y + c, lanes);
#pragma GCC unroll 4
        for (int i = 0; i < Rows; i++)
            posts[i] = multiply_add(upstream[i], addend, posts[i]);
    });
    store_sums<Rows * N>(grad_res + First * N, pairs);
    store_sums<Rows>(grad_post + First, posts);
}

// grad_res[i, j] = <g[i], x[j]>; grad_post[i] = <g[i], y>
template <int N, int First = 0, class T>
MHC_INLINE void write_coefficients(const T *g, int64_t g_stride, const T *x, int64_t x_stride, const T *y, float *grad_res,
                                   float *grad_post, int64_t channels) {
    constexpr int fitting = N > 4 ? 1 : kLanes == 16 ? 4 : 2;
    constexpr int rows = N - First < fitting ? N - First : fitting;
    if constexpr (rows > 0) {
        write_coefficient_rows<N, First, rows>(g, g_stride, x, x_stride, y, grad_res, grad_post, channels);
        write_coefficients<N, First + rows>(g, g_stride, x, x_stride, y, grad_res, grad_post, channels);
    }
}

// grad_pre[i] = <x[i], grad_h>
template <int N, class T, class U>
MHC_INLINE void read_coefficients(const T *x, int64_t stride, const U *grad_h, float *grad_pre, int64_t channels) {
    Vec dots[N] = {};
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        const Vec upstream = load(grad_h + c, lanes);
#pragma GCC unroll 8
        for (int i = 0; i < N; i++)
            dots[i] = fma(load(x + i * stride + c, lanes), upstream, dots[i]);
    });
    store_sums<N>(grad_pre, dots);
}

// grad_x[i] (+)= pre[i] * grad_h
template <int N, class T>
MHC_INLINE void read_gradient(const float *pre, const T *grad_h, T *grad_x, bool accumulate, int64_t channels) {
    Vec weights[N];
    splat_all<N>(pre, weights);
    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        const Vec upstream = load(grad_h + c, lanes);
#pragma GCC unroll 8
        for (int i = 0; i < N; i++) {
            Vec total = weights[i] * upstream;
            if (accumulate)
                total += load(grad_x + i * channels + c, lanes);
            store(grad_x + i * channels + c, total, lanes);
        }
    });
}

} // namespace mhc::MHC_NAMESPACE
