// The small matrix products of the coefficients, on tiles of kTile tokens: [tokens, K] x [K, M] and the two of its backward
// pass. M = n*n + 2*n columns are padded to a multiple of kLanes. Registers hold kRows x (up to) kColumns vectors of a result.
#pragma once

#include "simd.h"

namespace mhc::MHC_NAMESPACE {

constexpr int kTile = 16;                      // tokens at once: their streams stay in the second-level cache
constexpr int kDepth = 128;                    // rows of phi at once: they stay in the first-level cache
constexpr int kRows = kLanes == 16 ? 8 : 4;    // tokens (or rows of phi) per register tile
constexpr int kColumns = kLanes == 16 ? 2 : 3; // vectors of columns per register tile
constexpr int kWidth = 4 * kColumns * kLanes;  // elements of K at once in the backward pass

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

// Floats per row of phi's transpose: K rounded up to whole blocks of kWidth.
inline int64_t padded_depth(int64_t depth) {
    return (depth + kWidth - 1) / kWidth * kWidth;
}

// The transpose of phi, [M, padded_depth(K)], filled up with zeros.
template <int N>
void transpose_rows(const float *phi, int64_t depth, float *transposed) {
    using M = Coefficients<N>;
    const int64_t stride = padded_depth(depth);
    for (int64_t k = 0; k < stride; k++)
        for (int m = 0; m < M::count; m++)
            transposed[m * stride + k] = k < depth ? phi[k * M::count + m] : 0.0f;
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

// Asks for a row's next `length` floats. A block takes a few lines of each of many rows, which the processor does not foresee.
template <bool ForWriting>
MHC_INLINE void fetch(const float *next, int64_t length) {
    for (int64_t c = 0; c < length; c += 16)
        __builtin_prefetch(next + c, ForWriting ? 1 : 0);
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

// products[t, :] = x[t] phi and squares[t] = |x[t]|^2 for `count` <= kTile tokens, taking x from memory once.
template <int N>
void project(const float *x, int64_t depth, const float *phi, int count, float (*products)[Coefficients<N>::padded],
             float *squares) {
    using M = Coefficients<N>;
    for (int t = 0; t < count; t++) {
        squares[t] = 0.0f;
        for (int m = 0; m < M::padded; m++)
            products[t][m] = 0.0f;
    }
    for (int64_t k = 0; k < depth; k += kDepth) {
        const int64_t now = depth - k < kDepth ? depth - k : kDepth;
        for (int t = 0; t < count; t++)
            squares[t] += sum_of_squares(x + t * depth + k, now);
        multiply_rows<M::vectors>(count, x + k, depth, 1, phi + k * M::padded, M::padded, now, products[0], M::padded);
    }
}

// The two products of the backward pass for `count` <= kTile tokens, taking x from memory once:
// grad_x[t] (+)= phi grad_products[t] + scales[t] * x[t], and grad_phi += sum_t x[t]^T grad_products[t].
template <int N>
void project_backward(const float *x, int64_t depth, const float *transposed_phi, int count,
                      const float (*grad_products)[Coefficients<N>::padded], const float *scales, float *grad_x,
                      bool accumulate, float *grad_phi) {
    using M = Coefficients<N>;
    const int64_t stride = padded_depth(depth);
    for (int64_t k = 0; k < depth; k += kWidth) {
        const int64_t now = depth - k < kWidth ? depth - k : kWidth;
        float block[kTile][kWidth], gradient[kTile][kWidth];
        for (int t = 0; t < count; t++) {
            const float *from = x + t * depth + k;
            const float *so_far = grad_x + t * depth + k;
            const Vec scale = splat(scales[t]);
            fetch<false>(from + kWidth, now);
            fetch<true>(so_far + kWidth, now);
            each_block(now, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
                const Vec value = load(from + c, lanes);
                store(block[t] + c, value);
                store(gradient[t] + c, accumulate ? fma(scale, value, load(so_far + c, lanes)) : scale * value);
            });
            for (int64_t c = (now + kLanes - 1) / kLanes * kLanes; c < kWidth; c += kLanes)
                store(gradient[t] + c, Vec{});
        }
        multiply_rows<kWidth / kLanes>(count, grad_products[0], M::padded, 1, transposed_phi + k, stride, M::count, gradient[0],
                                       kWidth);
        multiply_rows<M::vectors>(now, block[0], 1, kWidth, grad_products[0], M::padded, count, grad_phi + k * M::padded,
                                  M::padded);
        for (int t = 0; t < count; t++)
            each_block(now, [&](int64_t c, auto lanes)
                                MHC_INLINE_BODY { store(grad_x + t * depth + k + c, load(gradient[t] + c), lanes); });
    }
}

} // namespace mhc::MHC_NAMESPACE
