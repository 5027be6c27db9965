// The product of a few rows with a panel of columns, added up in float32: all its sums stay in registers, so that memory is not
// what it waits for. Every sum is taken in order of the depth, whoever computes it: results do not depend on how a matrix is
// cut into tiles.
#pragma once

#include "bf16.h"

namespace mhc::MHC_NAMESPACE {

constexpr int kPanel = 2 * kLanes;           // columns of a tile
constexpr int kRows = kLanes == 16 ? 14 : 6; // its rows: with two vectors of columns and one number they fill the registers

MHC_INLINE int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

constexpr int64_t up_to(int64_t value, int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

// How the left factor lies in memory: element (i, k) is at i * stride + k, or at i + k * stride.
enum class Layout { rows, columns };

// What one step down the depth takes: a number of each factor; or a pair of numbers of bfloat16, which lie in memory as one.
// How these are rounded while they are added up is for the processor to say.
struct Numbers {
    static MHC_INLINE Vec multiply_add(Vec a, Vec b, Vec total) { return fma(a, b, total); }
};

#if defined(__AVX512BF16__)
struct Pairs {
    static MHC_INLINE Vec multiply_add(Vec a, Vec b, Vec total) {
        return MHC_NAMESPACE::multiply_add(Halves{(__m512i)a}, Halves{(__m512i)b}, total);
    }
};
#endif

// `Out` is what sums are stored as; those of bfloat16 cannot be added to.
template <class Out>
struct Tile {
    const float *left; // [rows, depth]
    int64_t left_stride;
    const float *panel; // [depth, kPanel]
    int64_t panel_stride;
    Out *to; // [rows, kPanel]
    int64_t to_stride;
    int64_t depth;
    bool accumulate; // added to what is there
};

// A number, or a pair, which may lie where no float could.
MHC_INLINE float one_at(const float *p) {
    float value;
    __builtin_memcpy(&value, p, sizeof value);
    return value;
}

MHC_INLINE float one_at(const Bf16 *p) {
    return widen(*p);
}

template <int Rows, Layout layout, class Step, class Out>
MHC_INLINE void multiply_rows(const Tile<Out> &tile) {
    Vec first[Rows], second[Rows];
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++)
        first[i] = second[i] = Vec{};
    const int64_t stride = tile.left_stride;
    // Three rows share an address: a stride can be added to one in an instruction, or twice that, but not three times.
    const float *left = tile.left, *left3 = Rows > 3 ? left + 3 * stride : left, *left6 = Rows > 6 ? left + 6 * stride : left,
                *left9 = Rows > 9 ? left + 9 * stride : left, *left12 = Rows > 12 ? left + 12 * stride : left,
                *panel = tile.panel;
    // The result is not in the cache when its time comes, unless it is asked for.
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
        __builtin_prefetch(tile.to + i * tile.to_stride, 1);
        __builtin_prefetch(tile.to + i * tile.to_stride + kLanes, 1);
    }
#pragma GCC unroll 2
    for (int64_t k = 0; k < tile.depth; k++) {
        const Vec b0 = load(panel), b1 = load(panel + kLanes);
        panel += tile.panel_stride;
#pragma GCC unroll 16
        for (int i = 0; i < Rows; i++) {
            const float *row = i < 3 ? left : i < 6 ? left3 : i < 9 ? left6 : i < 12 ? left9 : left12;
            const Vec a = splat(one_at(layout == Layout::columns ? left + i : row + i % 3 * stride));
            first[i] = Step::multiply_add(a, b0, first[i]);
            second[i] = Step::multiply_add(a, b1, second[i]);
        }
        if constexpr (layout == Layout::columns)
            left += stride;
        else
            left++, left3++, left6++, left9++, left12++;
    }
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
        Out *to = tile.to + i * tile.to_stride;
        if (tile.accumulate) {
            first[i] += load(to);
            second[i] += load(to + kLanes);
        }
        store(to, first[i]);
        store(to + kLanes, second[i]);
    }
}

// `rows` is from 1 to kRows.
template <Layout layout, class Step = Numbers, int Rows = kRows, class Out>
void multiply_tile(int rows, const Tile<Out> &tile) {
    if constexpr (Rows > 1)
        if (rows < Rows)
            return multiply_tile<layout, Step, Rows - 1>(rows, tile);
    multiply_rows<Rows, layout, Step>(tile);
}

// to [count, padded] = from times scale, zeros after the first `width` columns.
template <class T>
void take_rows(const T *from, int64_t stride, int64_t count, int64_t width, float scale, float *to, int64_t padded) {
    for (int64_t i = 0; i < count; i++) {
        float *row = to + i * padded;
        each_block(width, [&](int64_t c, auto lanes)
                              MHC_INLINE_BODY { store(row + c, load(from + i * stride + c, lanes) * scale, lanes); });
        for (int64_t c = width; c < padded; c++)
            row[c] = 0.0f;
    }
}

// The transpose of a few rows as one panel: to [width, kPanel] of the first `count` <= kPanel rows, zeros after them.
template <class T>
void take_panel(const T *from, int64_t stride, int64_t count, int64_t width, float *to) {
    for (int half = 0; half < 2; half++, from += kLanes * stride, to += kLanes, count -= kLanes) {
        int64_t c = 0;
        if (count >= kLanes)
            for (; c + kLanes <= width; c += kLanes) {
                Vec square[kLanes];
#pragma GCC unroll 16
                for (int i = 0; i < kLanes; i++)
                    square[i] = load(from + i * stride + c);
                transpose(square);
#pragma GCC unroll 16
                for (int i = 0; i < kLanes; i++)
                    store(to + (c + i) * kPanel, square[i]);
            }
        for (; c < width; c++)
            for (int i = 0; i < kLanes; i++)
                to[c * kPanel + i] = i < count ? one_at(from + i * stride + c) : 0.0f;
    }
}

} // namespace mhc::MHC_NAMESPACE
