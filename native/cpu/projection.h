// The small matrix product of the coefficients, [tokens, K] x [K, M], for kLanes tokens at once; gradient_tile.h has the two
// of its backward pass. A lane is a token: streams are transposed as they are read, phi is taken number by number as it lies in
// memory, and any M = n*n + 2*n fills whole vectors.
#pragma once

#include "bf16.h"

namespace mhc::MHC_NAMESPACE {

constexpr int kTile = 16;                       // tokens at once: their streams stay in the second-level cache
constexpr int kDepth = 128;                     // rows of phi at once: they stay in the first-level cache
constexpr int kTotals = kLanes == 16 ? 24 : 12; // columns of phi at once: their sums stay in registers

template <int N>
struct Coefficients {
    static constexpr int count = N * N + 2 * N;
    static constexpr int passes = (count + kTotals - 1) / kTotals;
};

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

// to[c][lane] = channel c of row `lane` of a square, and squares[lane] += its square. A square has kLanes rows, `stride`
// elements apart, of square_channels<T> channels.
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

// Pairs of channels are transposed as one element and taken apart after that.
MHC_INLINE void take_square(const Bf16 *from, int64_t stride, float (*to)[kLanes], Vec &squares) {
    Vec rows[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++)
        __builtin_memcpy(&rows[i], from + i * stride, sizeof rows[i]);
    transpose(rows);
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++) {
        const BitVec pair = reinterpret_cast<BitVec>(rows[i]);
        const Vec even = reinterpret_cast<Vec>(pair << 16), odd = reinterpret_cast<Vec>(pair & 0xffff0000);
        squares = fma(even, even, squares);
        squares = fma(odd, odd, squares);
        store(to[2 * i], even);
        store(to[2 * i + 1], odd);
    }
}

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

// totals[m] += sum over k < depth of x[k] * phi[k * M + m], for the columns of one pass and those after it. each(k) is called
// on the way, once.
template <int N, int Pass = 0, class Each>
MHC_INLINE void multiply_columns(const float (*x)[kLanes], const float *phi, int64_t depth, Vec *totals, const Each &each) {
    using M = Coefficients<N>;
    if constexpr (Pass < M::passes) {
        constexpr int first = M::count * Pass / M::passes, columns = M::count * (Pass + 1) / M::passes - first;
        Vec sums[columns];
#pragma GCC unroll 32
        for (int m = 0; m < columns; m++)
            sums[m] = totals[first + m];
        for (int64_t k = 0; k < depth; k++) {
            if (Pass == 0)
                each(k);
            const Vec value = load(x[k]);
#pragma GCC unroll 32
            for (int m = 0; m < columns; m++)
                sums[m] = fma(value, splat(phi[k * M::count + first + m]), sums[m]);
        }
#pragma GCC unroll 32
        for (int m = 0; m < columns; m++)
            totals[first + m] = sums[m];
        multiply_columns<N, Pass + 1>(x, phi, depth, totals, each);
    }
}

// products[m] = x phi and squares = |x|^2 of `count` <= kLanes tokens, a token a lane, taking x from memory once. Between
// multiplications memory has time for `next`, the streams that will be read next.
template <int N, class T>
void project(const Streams<T> &x, const Streams<T> &next, int64_t channels, const float *phi, int count, Vec *products,
             Vec &squares) {
    using M = Coefficients<N>;
    constexpr int square = square_channels<T>;
    alignas(64) float columns[kDepth][kLanes];
    squares = Vec{};
    for (int m = 0; m < M::count; m++)
        products[m] = Vec{};
    for (int i = 0; i < N; i++)
        for (int64_t c = 0; c < channels; c += kDepth) {
            const int64_t now = channels - c < kDepth ? channels - c : kDepth;
            const T *from = x.row(0, i) + c, *ahead = next.row(0, i) + c;
            int64_t done = 0;
            if (count == kLanes)
                for (; done + square <= now; done += square)
                    take_square(from + done, x.token, columns + done, squares);
            take_part(from + done, x.token, count, now - done, columns + done, squares);
            multiply_columns<N>(columns, phi + (i * channels + c) * M::count, now, products, [&](int64_t k) MHC_INLINE_BODY {
                if (k / kLanes * kLine<T> < now)
                    __builtin_prefetch(ahead + k % kLanes * next.token + k / kLanes * kLine<T>, 0, 2);
            });
        }
}

} // namespace mhc::MHC_NAMESPACE
