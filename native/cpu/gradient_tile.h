// What the coefficients' gradient does to one tile of tokens: the gradient of the streams, to which the parts of the write and
// the read step are added in registers, and the gradient of phi. Channels are taken in blocks, and of a block all streams at
// once: phi's block and its gradient's stay in the first-level cache while the tokens pass, and every gradient of a stream is
// written once.
#pragma once

#include "projection.h"

namespace mhc::MHC_NAMESPACE {

constexpr int kGradientTile = 48;              // tokens; phi passes through the cache once per tile
constexpr int kGroup = 6;                      // tokens per register tile
constexpr int kVectors = kLanes == 16 ? 4 : 2; // vectors of channels per register tile
constexpr int kSpan = kVectors * kLanes;
constexpr int kBlock = kLanes == 16 ? 64 : 32; // channels of each stream at once

inline int64_t blocks_of(int64_t channels) {
    return (channels + kBlock - 1) / kBlock;
}

// phi [K, M] in blocks: [blocks, n, M, kBlock], filled up with zeros.
template <int N>
constexpr int64_t packed_block_floats() {
    return int64_t{N} * Coefficients<N>::count * kBlock;
}

template <int N>
void pack_block(const float *phi, int64_t channels, int64_t block, float *packed) {
    constexpr int m = Coefficients<N>::count;
    packed += block * packed_block_floats<N>();
    for (int i = 0; i < N; i++)
        for (int w = 0; w < kBlock; w++) {
            const int64_t c = block * kBlock + w;
            for (int k = 0; k < m; k++)
                packed[(i * m + k) * kBlock + w] = c < channels ? phi[(i * channels + c) * m + k] : 0.0f;
        }
}

// One tile; all pointers are to its first token.
template <int N>
struct GradientTile {
    int count;
    int64_t channels;
    Streams x;
    const float (*grad_products)[Coefficients<N>::padded]; // rows from `count` to kGradientTile are zero
    const float *scales;
    Streams g;                       // dL/d(output) of the write step; data = null: coefficients only
    const float *res, *pre, *grad_h; // with g
    float *grad_x;                   // null: not wanted
    bool accumulate;                 // add to grad_x
    bool streamed;                   // grad_x, see simd.h
    const float *post_before;        // [count, n] of the write step that made x; null: grad_y_before is not wanted
    float *grad_y_before;            // [count, C]
};

// totals[j] = scale * x[j] + pre[j] * grad_h + sum_i res[i, j] * g[i], of one token and one vector of channels
template <int N, class Lanes>
MHC_INLINE void direct_part(const GradientTile<N> &a, int t, int64_t c, Lanes lanes, const float *x, float *result) {
    Vec totals[N];
    const Vec scale = splat(a.scales[t]);
#pragma GCC unroll 8
    for (int j = 0; j < N; j++)
        totals[j] = scale * load(x + j * kBlock);
    if (a.g.data != nullptr) {
        const Vec read = load(a.grad_h + t * a.channels + c, lanes);
#pragma GCC unroll 8
        for (int j = 0; j < N; j++)
            totals[j] = fma(splat(a.pre[t * N + j]), read, totals[j]);
#pragma GCC unroll 8
        for (int i = 0; i < N; i++) {
            const Vec upstream = load(a.g.row(t, i) + c, lanes);
#pragma GCC unroll 8
            for (int j = 0; j < N; j++)
                totals[j] = fma(splat(a.res[(t * N + i) * N + j]), upstream, totals[j]);
        }
    }
    if (a.accumulate)
#pragma GCC unroll 8
        for (int j = 0; j < N; j++)
            totals[j] += load(a.grad_x + (t * N + j) * a.channels + c, lanes);
#pragma GCC unroll 8
    for (int j = 0; j < N; j++)
        store(result + j * kSpan, totals[j]);
}

// Writes one vector of grad_x, and its share of the write step before.
template <int N, class Lanes>
MHC_INLINE void finish_part(const GradientTile<N> &a, int t, int64_t c, Lanes lanes, const float *result) {
    Vec total = {};
#pragma GCC unroll 8
    for (int j = 0; j < N; j++) {
        const Vec value = load(result + j * kSpan);
        if (a.grad_x != nullptr && !a.streamed)
            store(a.grad_x + (t * N + j) * a.channels + c, value, lanes);
        if (a.post_before != nullptr)
            total = fma(splat(a.post_before[t * N + j]), value, total);
    }
    if (a.post_before != nullptr)
        store(a.grad_y_before + t * a.channels + c, total, lanes);
}

// Writes a span of grad_x past the caches, line by line.
template <int N>
MHC_INLINE void stream_part(const GradientTile<N> &a, int t, int64_t c, int64_t left, const float *result) {
#pragma GCC unroll 8
    for (int j = 0; j < N; j++)
        for (int v = 0; v < kSpan && v < left; v += kLanes)
            stream(a.grad_x + (t * N + j) * a.channels + c + v, load(result + j * kSpan + v));
}

// Calls step(offset, lanes) for the vectors of a span that begin before channel `left`.
template <class F>
MHC_INLINE void each_vector(int64_t left, const F &step) {
#pragma GCC unroll 4
    for (int v = 0; v < kSpan; v += kLanes) {
        if (v + kLanes <= left)
            step(v, Whole{});
        else if (v < left)
            step(v, Part{static_cast<int>(left - v)});
    }
}

// Copies a block of the tile's streams, filled up with zeros, and asks for the next one: it is a few lines of each of many
// rows, which the processor does not foresee.
template <int N>
MHC_INLINE void take_block(const GradientTile<N> &a, int64_t c, float (*x)[N][kBlock]) {
    const int64_t now = a.channels - c < kBlock ? a.channels - c : kBlock;
    for (int t = 0; t < a.count; t++)
        for (int i = 0; i < N; i++) {
            const float *from = a.x.row(t, i) + c;
            for (int64_t w = kBlock; w < 2 * kBlock; w += 16) {
                __builtin_prefetch(from + w, 0, 2);
                if (a.g.data != nullptr)
                    __builtin_prefetch(a.g.row(t, i) + c + w, 0, 2);
            }
            if (now == kBlock) {
#pragma GCC unroll 8
                for (int w = 0; w < kBlock; w += kLanes)
                    store(x[t][i] + w, load(from + w));
            } else {
                for (int w = 0; w < kBlock; w++)
                    x[t][i][w] = w < now ? from[w] : 0.0f;
            }
        }
}

// grad_phi [K, padded] += sum_t x[t]^T grad_products[t], and grad_x.
template <int N>
void gradient_tile(const GradientTile<N> &tile, const float *packed_phi, float *grad_phi) {
    using M = Coefficients<N>;
    const GradientTile<N> a = tile; // which no store can change, so that its fields stay in registers
    float x[kGradientTile][N][kBlock], part[kGroup][N][kSpan] = {};
    for (int64_t c = 0; c < a.channels; c += kBlock, packed_phi += packed_block_floats<N>()) {
        const int64_t now = a.channels - c < kBlock ? a.channels - c : kBlock;
        take_block<N>(a, c, x);
        for (int i = 0; i < N; i++)
            multiply_rows<M::vectors>(now, x[0][i], 1, N * kBlock, a.grad_products[0], M::padded, a.count,
                                      grad_phi + (i * a.channels + c) * M::padded, M::padded);
        for (int first = 0; first < a.count; first += kGroup) {
            const int last = a.count - first < kGroup ? a.count : first + kGroup;
            for (int64_t s = 0; s < now; s += kSpan) {
                for (int t = first; t < last; t++)
                    each_vector(now - s, [&](int v, auto lanes) MHC_INLINE_BODY {
                        direct_part<N>(a, t, c + s + v, lanes, x[t][0] + s + v, part[t - first][0] + v);
                    });
                for (int i = 0; i < N; i++)
                    multiply<kGroup, kVectors>(a.grad_products[first], M::padded, 1, packed_phi + i * M::count * kBlock + s,
                                               kBlock, M::count, part[0][i], N * kSpan);
                for (int t = first; t < last; t++) {
                    if (a.streamed)
                        stream_part<N>(a, t, c + s, now - s, part[t - first][0]);
                    if (!a.streamed || a.post_before != nullptr)
                        each_vector(now - s, [&](int v, auto lanes) MHC_INLINE_BODY {
                            finish_part<N>(a, t, c + s + v, lanes, part[t - first][0] + v);
                        });
                }
            }
        }
    }
    if (a.streamed)
        fence();
}

} // namespace mhc::MHC_NAMESPACE
