// What the coefficients' gradient does to one tile of tokens: the gradient of the streams, to which the parts of the write and
// the read step are added in registers, and the gradient of phi. Channels are taken in blocks, and of a block all streams at
// once: phi's block and its gradient's stay in the first-level cache while the tokens pass, and every gradient of a stream is
// written once. Both products have channels as lanes and the coefficients' gradients as factors of whole vectors.
#pragma once

#include "factors.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {

// Tokens of a tile: phi and its gradient pass through the cache once per tile, and beside them the tile's streams stay in the
// second-level cache.
template <class T>
constexpr int kGradientTile = kLanes < 16 ? 48 : 64 / static_cast<int>(sizeof(T));

constexpr int kGroup = kLanes == 16 ? 4 : 6;   // tokens, or rows of phi, per register tile
constexpr int kVectors = kLanes == 16 ? 4 : 2; // vectors of channels per register tile
constexpr int kSpan = kVectors * kLanes;
constexpr int kBlock = kLanes == 16 ? 64 : 32; // channels of each stream at once

inline int64_t blocks_of(int64_t channels) {
    return (channels + kBlock - 1) / kBlock;
}

// phi [K, M] as factors in blocks: [blocks, n, M, kBlock], filled up with zeros.
template <int N, class T>
constexpr int64_t packed_factors = int64_t{N} * factors_of<T>(Coefficients<N>::count) * kBlock;

template <int N, class T>
void pack_block(const float *phi, int64_t channels, int64_t block, Factor<T> *packed) {
    constexpr int m = Coefficients<N>::count, each = FactorOf<T>::terms;
    packed += block * packed_factors<N, T>;
    for (int i = 0; i < N; i++) {
        typename FactorOf<T>::Term terms[kBlock][m];
        const int64_t first = block * kBlock, left = (channels - first < kBlock ? channels - first : kBlock) * m;
        const float *rows = phi + (i * channels + first) * m;
        each_block(left, [&](int64_t k, auto lanes) MHC_INLINE_BODY { store(terms[0] + k, load(rows + k, lanes), lanes); });
        for (int w = 0; w < kBlock; w++)
            for (int k = 0; k < m; k += each) {
                Factor<T> &to = packed[(i * factors_of<T>(m) + k / each) * kBlock + w];
                to = {};
                if (w * m < left)
                    take_factor(to, terms[w] + k, 1, m - k);
            }
    }
}

// The gradient of phi, as floats in the same blocks.
template <int N>
constexpr int64_t block_floats = int64_t{N} * Coefficients<N>::count *kBlock;

// end(r, v, start[r, v] + sum over k < depth of a[r, k] * b[k, v]) for Rows rows and kVectors vectors of columns. Element (r,
// k) of a lies at r * row + k * step. each(k) is called on the way.
template <int Rows, class F, class Each, class End>
MHC_INLINE void multiply(const F *a, int64_t row, int64_t step, const F *b, int64_t stride, int64_t depth, const float *start,
                         int64_t start_stride, const Each &each, const End &end) {
    Vec totals[Rows][kVectors];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; v++)
            totals[r][v] = load(start + r * start_stride + v * kLanes);
    for (int64_t k = 0; k < depth; k++) {
        each(k);
#pragma GCC unroll 8
        for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; v++)
                totals[r][v] = multiply_add(a[r * row + k * step], b + k * stride + v * kLanes, totals[r][v]);
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; v++)
            end(r, v, totals[r][v]);
}

// sums[m] += sum over the tokens' factors of columns[t, m] * x[t], for rows First and on of [M, kBlock], one span of channels.
// each(0), each(1), ... are called on the way.
template <int N, int First = 0, class F, class Each>
MHC_INLINE void accumulate_phi(const F *columns, const F *x, int64_t stride, int factors, float *sums, const Each &each) {
    constexpr int m = Coefficients<N>::count, rows = m - First < kGroup ? m - First : kGroup;
    if constexpr (rows > 0) {
        float *start = sums + First * kBlock;
        multiply<rows>(
            columns + First, 1, m, x, stride, factors, start, kBlock,
            [&](int64_t k) MHC_INLINE_BODY { each(First / kGroup * factors + k); },
            [&](int r, int v, Vec total) MHC_INLINE_BODY { store(start + r * kBlock + v * kLanes, total); });
        accumulate_phi<N, First + rows>(columns, x, stride, factors, sums, each);
    }
}

// One tile; all pointers are to its first token.
template <int N, class T>
struct GradientTile {
    using Products = ProductFactors<N, T, kGradientTile<T>>;

    int count;
    int64_t channels;
    Streams<T> x;
    const Products *products; // zero from `count` on
    const float *scales;
    Streams<T> g;                    // dL/d(output) of the write step; data = null: coefficients only
    const float *res, *pre, *grad_h; // with g
    T *grad_x;                       // null: not wanted
    bool accumulate;                 // add to grad_x
    bool streamed;                   // grad_x, see simd.h
    const float *post_before;        // [count, n] of the write step that made x; null: grad_y_before is not wanted
    T *grad_y_before;                // [count, C]
};

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

// part[j] = scale * x[j] + pre[j] * grad_h + sum_i res[i, j] * g[i], of one token and one span of channels
template <int N, class T>
MHC_INLINE void direct_part(const GradientTile<N, T> &a, int t, int64_t c, int64_t left, float *part) {
    const Vec scale = splat(a.scales[t]);
    const bool write = a.g.data != nullptr;
    Vec reads[N] = {}, weights[N * N] = {};
    if (write) {
        splat_all<N>(a.pre + t * N, reads);
        splat_all<N * N>(a.res + t * N * N, weights);
    }
    each_vector(left, [&](int v, auto lanes) MHC_INLINE_BODY {
        Vec totals[N];
#pragma GCC unroll 8
        for (int j = 0; j < N; j++)
            totals[j] = scale * load(a.x.row(t, j) + c + v, lanes);
        if (write) {
            const Vec read = load(a.grad_h + t * a.channels + c + v, lanes);
#pragma GCC unroll 8
            for (int j = 0; j < N; j++)
                totals[j] = fma(reads[j], read, totals[j]);
#pragma GCC unroll 8
            for (int i = 0; i < N; i++) {
                const Vec upstream = load(a.g.row(t, i) + c + v, lanes);
#pragma GCC unroll 8
                for (int j = 0; j < N; j++)
                    totals[j] = fma(weights[i * N + j], upstream, totals[j]);
            }
        }
        if (a.accumulate)
#pragma GCC unroll 8
            for (int j = 0; j < N; j++)
                totals[j] += load(a.grad_x + (t * N + j) * a.channels + c + v, lanes);
#pragma GCC unroll 8
        for (int j = 0; j < N; j++)
            store(part + j * kSpan + v, totals[j]);
    });
}

// Asks for line k of one span of `tokens` consecutive tokens' stream j. Between multiplications memory has the time.
template <class T>
MHC_INLINE void ask(const Streams<T> &x, int64_t first, int tokens, int j, int64_t c, int64_t k) {
    constexpr int lines = kSpan < kLine<T> ? 1 : kSpan / kLine<T>;
    if (k < tokens * lines && x.data != nullptr)
        prefetch(x.row(first + k / lines, j) + c + k % lines * kLine<T>);
}

// The gradient of the streams of up to kGroup tokens from token `first`, for one span of channels from c of which `left` are
// there; packed_phi is given at that span.
template <int N, class T>
MHC_INLINE void gradient_span(const GradientTile<N, T> &a, int first, int64_t c, int64_t left, const Factor<T> *packed_phi,
                              float (*part)[N][kSpan]) {
    constexpr int factors = factors_of<T>(Coefficients<N>::count);
    const int rows = a.count - first < kGroup ? a.count - first : kGroup;
    Vec before[kGroup][kVectors] = {};
    for (int r = 0; r < rows; r++)
        direct_part<N>(a, first + r, c, left, part[r][0]);
    for (int j = 0; j < N; j++)
        multiply<kGroup>(
            a.products->tokens[first], factors, 1, packed_phi + j * factors * kBlock, kBlock, factors, part[0][j], N * kSpan,
            [&](int64_t k) MHC_INLINE_BODY { ask(a.g, first + kGradientTile<T>, kGroup, j, c, k); },
            [&](int r, int v, Vec total) MHC_INLINE_BODY {
                if (r >= rows || v * kLanes >= left)
                    return;
                if (a.grad_x != nullptr) {
                    T *to = a.grad_x + ((first + r) * N + j) * a.channels + c + v * kLanes;
                    if (a.streamed)
                        stream(to, total);
                    else if ((v + 1) * kLanes <= left)
                        store(to, total);
                    else
                        store(to, total, Part{static_cast<int>(left - v * kLanes)});
                }
                if (a.post_before != nullptr)
                    before[r][v] = fma(splat(a.post_before[(first + r) * N + j]), total, before[r][v]);
            });
    if (a.post_before != nullptr)
        for (int r = 0; r < rows; r++)
            each_vector(left, [&](int v, auto lanes) MHC_INLINE_BODY {
                store(a.grad_y_before + (first + r) * a.channels + c + v, before[r][v / kLanes], lanes);
            });
}

// A block of the tile's streams as factors, filled up with zeros.
template <int N, class T>
MHC_INLINE void take_block(const GradientTile<N, T> &a, int64_t c, Factor<T> (*x)[N][kBlock]) {
    constexpr int each = FactorOf<T>::terms;
    const int64_t now = a.channels - c < kBlock ? a.channels - c : kBlock;
    for (int t = 0; t < a.count; t += each)
        for (int i = 0; i < N; i++) {
            Factor<T> *to = x[t / each][i];
            for (int64_t w = now; w < kBlock; w++)
                to[w] = {};
            each_block(now, [&](int64_t w, auto lanes) MHC_INLINE_BODY {
                store_factors(to + w, a.x.row(t, i) + c + w, a.x.token, a.count - t, lanes);
            });
        }
}

// grad_phi [blocks, n, M, kBlock] += sum_t products[t]^T x[t], and grad_x. On the way the next tile's streams and their
// gradients are asked for, little by little.
template <int N, class T>
void gradient_tile(const GradientTile<N, T> &tile, const Factor<T> *packed_phi, float *grad_phi) {
    const GradientTile<N, T> a = tile; // which no store can change, so that its fields stay in registers
    alignas(64) Factor<T> x[factors_of<T>(kGradientTile<T>)][N][kBlock];
    alignas(64) float part[kGroup][N][kSpan] = {};
    for (int64_t c = 0; c < a.channels; c += kBlock, packed_phi += packed_factors<N, T>, grad_phi += block_floats<N>) {
        const int64_t now = a.channels - c < kBlock ? a.channels - c : kBlock;
        take_block<N>(a, c, x);
        for (int i = 0; i < N; i++)
            for (int s = 0; s < now; s += kSpan)
                accumulate_phi<N>(a.products->columns[0], x[0][i] + s, N * kBlock, factors_of<T>(a.count),
                                  grad_phi + i * Coefficients<N>::count * kBlock + s, [&](int64_t k) MHC_INLINE_BODY {
                                      ask(a.x, kGradientTile<T>, kGradientTile<T>, i, c + s, k);
                                  });
        for (int first = 0; first < a.count; first += kGroup)
            for (int s = 0; s < now; s += kSpan)
                gradient_span<N>(a, first, c + s, now - s, packed_phi + s, part);
    }
    if (a.streamed)
        fence();
}

} // namespace mhc::MHC_NAMESPACE
