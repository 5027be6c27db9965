// Vectors of MHC_LANES floats, with one interface for every width. Every operation's source is written on these and compiled
// once per instruction set, each time in a namespace of its own (MHC_NAMESPACE), so that no inline function of one build can
// replace another's at link time. For the same reason these sources instantiate nothing of the standard library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#ifndef MHC_LANES
#if defined(__AVX512F__)
#define MHC_LANES 16
#elif defined(__AVX2__)
#define MHC_LANES 8
#else
#define MHC_LANES 4
#endif
#endif

// Builds that are only for tests make calls instead: slow to run and quick to compile.
#ifdef MHC_CALLS
#define MHC_INLINE inline
#define MHC_INLINE_BODY
#else
#define MHC_INLINE inline __attribute__((always_inline))
// Of a lambda. It must be inlined early, or the arrays of vectors that it captures do not become registers.
#define MHC_INLINE_BODY __attribute__((always_inline))
#endif

namespace mhc::MHC_NAMESPACE {

constexpr int kLanes = MHC_LANES;

typedef float Vec __attribute__((vector_size(4 * MHC_LANES)));
typedef int32_t IntVec __attribute__((vector_size(4 * MHC_LANES)));

// How many lanes a load or store touches: all of them, or the first `count` (the others read as zero).
struct Whole {};
struct Part {
    int count;
};

MHC_INLINE Vec load(const float *p, Whole = {}) {
    Vec v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

MHC_INLINE Vec load(const float *p, Part part) {
    Vec v = {};
    for (int i = 0; i < part.count; i++)
        v[i] = p[i];
    return v;
}

MHC_INLINE void store(float *p, Vec v, Whole = {}) {
    __builtin_memcpy(p, &v, sizeof v);
}

MHC_INLINE void store(float *p, Vec v, Part part) {
    for (int i = 0; i < part.count; i++)
        p[i] = v[i];
}

// A store past the caches, for results that are larger than they are: memory is not read first. `p` must be aligned to a
// vector. Other threads see it after `fence`.
MHC_INLINE void stream(float *p, Vec v) {
#if defined(MHC_CALLS)
    store(p, v);
#elif MHC_LANES == 16
    __builtin_ia32_movntps512(p, v);
#elif MHC_LANES == 8
    __builtin_ia32_movntps256(p, v);
#elif defined(__SSE2__)
    __builtin_ia32_movntps(p, v);
#else
    store(p, v);
#endif
}

MHC_INLINE void fence() {
#if defined(__SSE2__)
    __builtin_ia32_sfence();
#endif
}

// Elements of a cache line, which must be streamed as a whole.
template <class T>
constexpr int kLine = 64 / static_cast<int>(sizeof(T));

// Asks for a line, into the second-level cache: it waits for more at a time than the first (Zen 4: from memory, reads take 0.7
// of the time).
MHC_INLINE void prefetch(const void *line) {
    __builtin_prefetch(line, 0, 2);
}

// Results from this size on are streamed; smaller ones are worth keeping in the cache for whoever reads them next.
constexpr int64_t kStreamedBytes = int64_t{8} << 20;

// Whether [rows, channels] is to be streamed, and can be.
template <class T>
MHC_INLINE bool streamed(const T *p, int64_t rows, int64_t channels) {
    return p != nullptr && channels % kLine<T> == 0 && rows * channels * static_cast<int64_t>(sizeof(T)) >= kStreamedBytes &&
           reinterpret_cast<std::uintptr_t>(p) % 64 == 0;
}

template <std::size_t... I>
MHC_INLINE Vec splat(float value, std::index_sequence<I...>) {
    return Vec{(static_cast<void>(I), value)...};
}

MHC_INLINE Vec splat(float value) {
    return splat(value, std::make_index_sequence<kLanes>());
}

// a * b + c; one rounding where the processor has it (the builds use -ffp-contract=fast).
MHC_INLINE Vec fma(Vec a, Vec b, Vec c) {
    return a * b + c;
}

// The larger of two; b if either is NaN.
MHC_INLINE Vec max(Vec a, Vec b) {
    return a > b ? a : b;
}

MHC_INLINE Vec reciprocal(Vec v) {
    return 1.0f / v;
}

template <int Distance, std::size_t... I>
MHC_INLINE Vec swap_lanes(Vec v, std::index_sequence<I...>) {
    return __builtin_shuffle(v, IntVec{static_cast<int32_t>(I ^ Distance)...});
}

template <int Distance = kLanes / 2>
MHC_INLINE float sum(Vec v) {
    if constexpr (Distance == 0)
        return v[0];
    else
        return sum<Distance / 2>(v + swap_lanes<Distance>(v, std::make_index_sequence<kLanes>()));
}

// The largest lane; that of the others where some are NaN.
template <int Distance = kLanes / 2>
MHC_INLINE float largest(Vec v) {
    if constexpr (Distance == 0)
        return v[0];
    else
        return largest<Distance / 2>(max(v, swap_lanes<Distance>(v, std::make_index_sequence<kLanes>())));
}

template <std::size_t... I>
MHC_INLINE IntVec lane_numbers(std::index_sequence<I...>) {
    return IntVec{static_cast<int32_t>(I)...};
}

// v in the first `count` lanes, all of them where it is larger, and `others` in the rest.
MHC_INLINE Vec first_lanes(Vec v, int64_t count, Vec others) {
    return lane_numbers(std::make_index_sequence<kLanes>()) < static_cast<int32_t>(count < kLanes ? count : kLanes) ? v
                                                                                                                    : others;
}

template <int Distance, std::size_t... I>
MHC_INLINE void exchange(Vec &a, Vec &b, std::index_sequence<I...>) {
    const IntVec low = {static_cast<int32_t>((I & Distance) ? I - Distance + kLanes : I)...};
    const IntVec high = {static_cast<int32_t>((I & Distance) ? I + kLanes : I + Distance)...};
    const Vec first = __builtin_shuffle(a, b, low);
    b = __builtin_shuffle(a, b, high);
    a = first;
}

// The sums of kLanes vectors, as one vector: a transposition that adds as it goes. The vectors are used up.
template <int Distance = 1>
MHC_INLINE Vec sums(Vec *v) {
    if constexpr (Distance == kLanes)
        return v[0];
    else {
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; i += 2 * Distance) {
            exchange<Distance>(v[i], v[i + Distance], std::make_index_sequence<kLanes>());
            v[i] += v[i + Distance];
        }
        return sums<2 * Distance>(v);
    }
}

// out[k] = sum(v[k]); the vectors are used up.
template <int Count>
MHC_INLINE void store_sums(float *out, Vec *v) {
    if constexpr (Count >= kLanes) {
        store(out, sums(v));
        store_sums<Count - kLanes>(out + kLanes, v + kLanes);
    } else {
#pragma GCC unroll 16
        for (int k = 0; k < Count; k++)
            out[k] = sum(v[k]);
    }
}

// Calls step(c, lanes) for every block of lanes of [0, length): Whole blocks, then a Part if one is left.
template <int Width = kLanes, class F>
MHC_INLINE void each_block(int64_t length, const F &step) {
    int64_t c = 0;
    for (; c + Width <= length; c += Width)
        step(c, Whole{});
    if (c < length)
        step(c, Part{static_cast<int>(length - c)});
}

// exp(x) for x <= 0 within 2 ulp; exp(-87) for anything smaller, so that the result is never zero or subnormal; NaN for NaN.
MHC_INLINE Vec exp_nonpositive(Vec x) {
    x = x < -87.0f ? splat(-87.0f) : x;
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
    const float shifter = 12582912.0f;
    const Vec shifted = x * 1.44269504088896341f + shifter;
    const Vec whole = shifted - shifter;
    // ln 2 in two parts; the first has 9 bits, so that its product with `whole` is exact without a fused multiply-add too.
    Vec rest = x - whole * 0.693359375f;
    rest = rest - whole * -2.12194440054690583e-4f;
    // Taylor to degree 7: |rest| <= ln(2)/2 leaves 5e-9, a tenth of the rounding error.
    Vec e = rest * (1.0f / 5040) + 1.0f / 720;
    e = e * rest + 1.0f / 120;
    e = e * rest + 1.0f / 24;
    e = e * rest + 1.0f / 6;
    e = e * rest + 0.5f;
    e = e * rest + 1.0f;
    e = e * rest + 1.0f;
    const IntVec exponent = (reinterpret_cast<IntVec>(shifted) + 127) << 23;
    return e * reinterpret_cast<Vec>(exponent);
}

// 1 / (1 + exp(-x)) without cancellation on either side.
MHC_INLINE Vec sigmoid(Vec x) {
    const Vec e = exp_nonpositive(x < 0.0f ? x : -x);
    const Vec s = reciprocal(1.0f + e);
    return x < 0.0f ? e * s : s;
}

// Transposes kLanes x kLanes floats in registers.
template <int Distance = 1>
MHC_INLINE void transpose(Vec *rows) {
    if constexpr (Distance < kLanes) {
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; i++)
            if (!(i & Distance))
                exchange<Distance>(rows[i], rows[i + Distance], std::make_index_sequence<kLanes>());
        transpose<2 * Distance>(rows);
    }
}

// The first column of each square of a transposition of `Columns` columns, the last square at the end: squares may overlap.
template <int Columns, class F>
MHC_INLINE void each_square(const F &step) {
    for (int first = 0; first < Columns; first += kLanes)
        step(first < Columns - kLanes ? first : Columns - kLanes);
}

// Reads `count` <= kLanes rows of Columns floats as one vector per column (lane = row). Missing rows read as zero.
template <int Columns>
MHC_INLINE void load_columns(const float *rows, int count, Vec *columns) {
    if constexpr (Columns >= kLanes)
        if (count == kLanes) {
            each_square<Columns>([&](int first) MHC_INLINE_BODY {
                for (int i = 0; i < kLanes; i++)
                    columns[first + i] = load(rows + i * Columns + first);
                transpose(columns + first);
            });
            return;
        }
    float staged[Columns][kLanes] = {};
    for (int i = 0; i < count; i++)
        for (int k = 0; k < Columns; k++)
            staged[k][i] = rows[i * Columns + k];
    for (int k = 0; k < Columns; k++)
        columns[k] = load(staged[k]);
}

// The inverse of load_columns: writes the first `count` lanes as rows of Columns floats.
template <int Columns>
MHC_INLINE void store_columns(float *rows, int count, const Vec *columns) {
    if constexpr (Columns >= kLanes)
        if (count == kLanes) {
            each_square<Columns>([&](int first) MHC_INLINE_BODY {
                Vec square[kLanes];
                for (int i = 0; i < kLanes; i++)
                    square[i] = columns[first + i];
                transpose(square);
                for (int i = 0; i < kLanes; i++)
                    store(rows + i * Columns + first, square[i]);
            });
            return;
        }
    for (int k = 0; k < Columns; k++)
        for (int i = 0; i < count; i++)
            rows[i * Columns + k] = columns[k][i];
}

} // namespace mhc::MHC_NAMESPACE
