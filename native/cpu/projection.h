// The small matrix product of the coefficients, [tokens, K] x [K, M], on tiles of kTile tokens; gradient_tile.h has the two of
// its backward pass. M = n*n + 2*n columns are padded to a multiple of kLanes. Registers hold kRows x (up to) kColumns vectors
// of a result.
#pragma once

#include "simd.h"

namespace mhc::MHC_NAMESPACE {

constexpr int kTile = 16;                      // tokens at once: their streams stay in the second-level cache
constexpr int kDepth = 128;                    // rows of phi at once: they stay in the first-level cache
constexpr int kRows = kLanes == 16 ? 8 : 4;    // tokens (or rows of phi) per register tile
constexpr int kColumns = kLanes == 16 ? 2 : 3; // vectors of columns per register tile

template <int N>
struct Coefficients {
    static constexpr int count = N * N + 2 * N;
    static constexpr int vectors = (count + kLanes - 1) / kLanes;
    static constexpr int padded = vectors * kLanes;
};

// phi [K, M] with rows padded to `padded` floats; phi itself when they already are. `memory` holds K * padded floats.
template <int N>
const float *pad_rows(const float *phi, int64_t depth, float *memory) {
    using M = Coefficients<N>;
    if (M::count == M::padded)
        return phi;
    for (int64_t k = 0; k < depth; k++)
        for (int m = 0; m < M::padded; m++)
            memory[k * M::padded + m] = m < M::count ? phi[k * M::count + m] : 0.0f;
    return memory;
}

// result[r, :] += sum over k < depth of a[r, k] * b[k, :], for Rows rows and Vectors vectors of columns.
// Element (r, k) of a lies at r * row + k * step.
template <int Rows, int Vectors>
MHC_INLINE void multiply(const float *a, int64_t row, int64_t step, const float *b, int64_t stride, int64_t depth,
                         float *result, int64_t result_stride) {
    Vec totals[Rows][Vectors];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; v++)
            totals[r][v] = load(result + r * result_stride + v * kLanes);
    for (int64_t k = 0; k < depth; k++) {
        Vec columns[Vectors];
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; v++)
            columns[v] = load(b + k * stride + v * kLanes);
#pragma GCC unroll 8
        for (int r = 0; r < Rows; r++) {
            const Vec value = splat(a[r * row + k * step]);
#pragma GCC unroll 4
            for (int v = 0; v < Vectors; v++)
                totals[r][v] = fma(value, columns[v], totals[r][v]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; v++)
            store(result + r * result_stride + v * kLanes, totals[r][v]);
}

// `multiply` for any number of vectors, kColumns at a time.
template <int Rows, int Vectors>
MHC_INLINE void multiply_columns(const float *a, int64_t row, int64_t step, const float *b, int64_t stride, int64_t depth,
                                 float *result, int64_t result_stride) {
    constexpr int now = Vectors < kColumns ? Vectors : kColumns;
    multiply<Rows, now>(a, row, step, b, stride, depth, result, result_stride);
    if constexpr (Vectors > now)
        multiply_columns<Rows, Vectors - now>(a, row, step, b + now * kLanes, stride, depth, result + now * kLanes,
                                              result_stride);
}

// `multiply_columns` for any number of rows, kRows at a time.
template <int Vectors>
void multiply_rows(int64_t rows, const float *a, int64_t row, int64_t step, const float *b, int64_t stride, int64_t depth,
                   float *result, int64_t result_stride) {
    int64_t r = 0;
    for (; r + kRows <= rows; r += kRows)
        multiply_columns<kRows, Vectors>(a + r * row, row, step, b, stride, depth, result + r * result_stride, result_stride);
    for (; r < rows; r++)
        multiply_columns<1, Vectors>(a + r * row, row, step, b, stride, depth, result + r * result_stride, result_stride);
}

MHC_INLINE float sum_of_squares(const float *v, int64_t length) {
    Vec totals[2] = {};
    int64_t k = 0;
    for (; k + 2 * kLanes <= length; k += 2 * kLanes) {
        const Vec a = load(v + k), b = load(v + k + kLanes);
        totals[0] = fma(a, a, totals[0]);
        totals[1] = fma(b, b, totals[1]);
    }
    each_block(length - k, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
        const Vec a = load(v + k + c, lanes);
        totals[0] = fma(a, a, totals[0]);
    });
    return sum(totals[0] + totals[1]);
}

// The streams of consecutive tokens; stream = 0 where all streams of a token are one row in memory.
struct Streams {
    const float *data;
    int64_t token, stream;

    const float *row(int64_t t, int64_t i) const { return data + t * token + i * stream; }

    static Streams of(const float *data, bool replicated, int64_t n, int64_t channels) {
        if (replicated)
            return {data, channels, 0};
        return {data, n * channels, channels};
    }

    Streams from(int64_t t) const { return {data + t * token, token, stream}; }
};

// products[t, :] = x[t] phi and squares[t] = |x[t]|^2 for `count` <= kTile tokens, taking x from memory once.
template <int N>
void project(const Streams &x, int64_t channels, const float *phi, int count, float (*products)[Coefficients<N>::padded],
             float *squares) {
    using M = Coefficients<N>;
    for (int t = 0; t < count; t++) {
        squares[t] = 0.0f;
        for (int m = 0; m < M::padded; m++)
            products[t][m] = 0.0f;
    }
    for (int i = 0; i < N; i++)
        for (int64_t c = 0; c < channels; c += kDepth) {
            const int64_t now = channels - c < kDepth ? channels - c : kDepth;
            const float *block = phi + (i * channels + c) * M::padded;
            for (int t = 0; t < count; t += kRows) {
                const int rows = count - t < kRows ? count - t : kRows;
                const float *from = x.row(t, i) + c;
                for (int r = 0; r < rows; r++)
                    squares[t + r] += sum_of_squares(from + r * x.token, now);
                multiply_rows<M::vectors>(rows, from, x.token, 1, block, M::padded, now, products[t], M::padded);
            }
        }
}

} // namespace mhc::MHC_NAMESPACE
