// The small matrix product of the coefficients, [tokens, K] x [K, M], for kLanes tokens at once; gradient_tile.h has the two
// of its backward pass. A lane is a token: streams are transposed as they are read, phi is taken factor by factor as it lies in
// memory, and any M = n*n + 2*n fills whole vectors.
#pragma once

#include "factors.h"
#include "runtime.h"

namespace mhc::MHC_NAMESPACE {

constexpr int kTile = 16;                       // tokens at once: their streams stay in the second-level cache
constexpr int kDepth = 128;                     // channels, rows of phi, at once: they stay in the first-level cache
constexpr int kTotals = kLanes == 16 ? 24 : 12; // columns of phi at once: their sums stay in registers

template <int N>
constexpr int kPasses = (Coefficients<N>::count + kTotals - 1) / kTotals;

// The streams of consecutive tokens; stream = 0 where all streams of a token are one row in memory.
template <class T>
struct Streams {
    const T *data;
    int64_t token, stream;

    const T *row(int64_t t, int64_t i) const { return data + t * token + i * stream; }

    static Streams of(const void *data, bool replicated, int64_t n, int64_t channels) {
        if (replicated)
            return {static_cast<const T *>(data), channels, 0};
        return {static_cast<const T *>(data), n * channels, channels};
    }

    Streams from(int64_t t) const { return {data + t * token, token, stream}; }
};

// to[k][lane] = factor k of row `lane` of a square, and squares[lane] += the squares of its channels. A square has kLanes rows,
// `stride` elements apart, of square_channels<T> channels.
template <class T>
constexpr int square_channels = kLanes *static_cast<int>(sizeof(float) / sizeof(T));

MHC_INLINE void take_square(const float *from, int64_t stride, float (*to)[kLanes], Vec &squares) {
    Vec rows[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++)
        rows[i] = load(from + i * stride);
    transpose(rows);
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++) {
        squares = fma(rows[i], rows[i], squares);
        store(to[i], rows[i]);
    }
}

// Pairs of channels are transposed as one element.
MHC_INLINE void transpose_pairs(const Bf16 *from, int64_t stride, Vec *rows) {
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++)
        __builtin_memcpy(&rows[i], from + i * stride, sizeof rows[i]);
    transpose(rows);
}

MHC_INLINE void take_square(const Bf16 *from, int64_t stride, float (*to)[kLanes], Vec &squares) {
    Vec rows[kLanes];
    transpose_pairs(from, stride, rows);
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++) {
        const Vec even = firsts(rows[i]), odd = seconds(rows[i]);
        squares = fma(even, even, squares);
        squares = fma(odd, odd, squares);
        store(to[2 * i], even);
        store(to[2 * i + 1], odd);
    }
}

#if defined(__AVX512BF16__)
MHC_INLINE void take_square(const Bf16 *from, int64_t stride, Pair (*to)[kLanes], Vec &squares) {
    Vec rows[kLanes];
    transpose_pairs(from, stride, rows);
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++) {
        const Halves pairs = {(__m512i)rows[i]};
        squares = multiply_add(pairs, pairs, squares);
        __builtin_memcpy(to[i], &pairs, sizeof pairs);
    }
}
#endif

// `take_square` for the first `count` rows and `width` channels of a square; the rest reads as zero.
template <class T>
void take_part(const T *from, int64_t stride, int count, int64_t width, float (*to)[kLanes], Vec &squares) {
    for (int64_t c = 0; c < width; c++) {
        Vec column = {};
        for (int i = 0; i < count; i++)
            column[i] = widen(from[i * stride + c]);
        squares = fma(column, column, squares);
        store(to[c], column);
    }
}

#if defined(__AVX512BF16__)
inline void take_part(const Bf16 *from, int64_t stride, int count, int64_t width, Pair (*to)[kLanes], Vec &squares) {
    for (int64_t c = 0; c < width; c += 2) {
        Pair(&column)[kLanes] = to[c / 2];
        for (int i = 0; i < kLanes; i++) {
            column[i] = {};
            if (i < count)
                take_factor(column[i], from + i * stride + c, 1, static_cast<int>(width - c));
        }
        const Halves pairs = load_terms(column, Whole{});
        squares = multiply_add(pairs, pairs, squares);
    }
}
#endif

// phi [K, M] as factors of sums over the channels of a stream: [n, C / terms, M]; null if there is no memory.
template <int N, class T>
const Factor<T> *phi_factors(const float *phi, int64_t channels) {
    if constexpr (FactorOf<T>::terms == 1) {
        return phi;
    } else {
        constexpr int m = Coefficients<N>::count;
        const int64_t rows = factors_of<T>(channels);
        auto *factors = static_cast<Factor<T> *>(scratch(Buffer::packed, sizeof(Factor<T>) * N * rows * m));
        for (int64_t row = 0; factors != nullptr && row < N * rows; row++) {
            const int64_t stream = row / rows, c = row % rows * 2, left = channels - c;
            typename FactorOf<T>::Term terms[2][m] = {};
            each_block(left > 1 ? 2 * m : m, [&](int64_t k, auto lanes) MHC_INLINE_BODY {
                store(terms[0] + k, load(phi + (stream * channels + c) * m + k, lanes), lanes);
            });
            for (int k = 0; k < m; k++)
                take_factor(factors[row * m + k], terms[0] + k, m, 2);
        }
        return factors;
    }
}

// totals[m] += sum over k < depth of x[k] * phi[k * M + m], for the columns of one pass and those after it. each(k) is called
// on the way, once.
template <int N, int Pass = 0, class F, class Each>
MHC_INLINE void multiply_columns(const F (*x)[kLanes], const F *phi, int64_t depth, Vec *totals, const Each &each) {
    constexpr int m = Coefficients<N>::count;
    if constexpr (Pass < kPasses<N>) {
        constexpr int first = m * Pass / kPasses<N>, columns = m * (Pass + 1) / kPasses<N> - first;
        Vec sums[columns];
#pragma GCC unroll 32
        for (int k = 0; k < columns; k++)
            sums[k] = totals[first + k];
        for (int64_t row = 0; row < depth; row++) {
            if (Pass == 0)
                each(row);
            const auto value = load_terms(x[row], Whole{});
#pragma GCC unroll 32
            for (int k = 0; k < columns; k++)
                sums[k] = multiply_add(value, splat(phi[row * m + first + k]), sums[k]);
        }
#pragma GCC unroll 32
        for (int k = 0; k < columns; k++)
            totals[first + k] = sums[k];
        multiply_columns<N, Pass + 1>(x, phi, depth, totals, each);
    }
}

// products[m] = x phi and squares = |x|^2 of `count` <= kLanes tokens, a token a lane, taking x from memory once. Between
// multiplications memory has time: for `next`, the streams that will be read next, and to take those of x past the caches to
// `past`, where it is not null. phi: see `phi_factors`.
template <int N, class T>
void project(const Streams<T> &x, const Streams<T> &next, T *past, int64_t channels, const Factor<T> *phi, int count,
             Vec *products, Vec &squares) {
    constexpr int m = Coefficients<N>::count, square = square_channels<T>, each = FactorOf<T>::terms;
    const int64_t rows = factors_of<T>(channels);
    alignas(64) Factor<T> columns[kDepth / each][kLanes];
    squares = Vec{};
    for (int k = 0; k < m; k++)
        products[k] = Vec{};
    for (int i = 0; i < N; i++)
        for (int64_t c = 0; c < channels; c += kDepth) {
            const int64_t now = channels - c < kDepth ? channels - c : kDepth;
            const T *from = x.row(0, i) + c, *ahead = next.row(0, i) + c;
            T *to = past != nullptr ? past + i * channels + c : nullptr;
            int64_t done = 0;
            if (count == kLanes)
                for (; done + square <= now; done += square)
                    take_square(from + done, x.token, columns + done / each, squares);
            take_part(from + done, x.token, count, now - done, columns + done / each, squares);
            multiply_columns<N>(columns, phi + (i * rows + c / each) * m, factors_of<T>(now), products,
                                [&](int64_t k) MHC_INLINE_BODY {
                                    const int64_t token = k % kLanes, at = k / kLanes * kLine<T>;
                                    if (at >= now)
                                        return;
                                    prefetch(ahead + token * next.token + at);
                                    if (to != nullptr && token < count)
                                        stream_line(to + token * x.token + at, from + token * x.token + at);
                                });
        }
}

} // namespace mhc::MHC_NAMESPACE
