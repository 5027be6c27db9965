// Vectors of bfloat16 in memory, float32 in registers: the loads and stores of simd.h for streams that are stored so.
#pragma once

#include "kernels.h"
#include "simd.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace mhc::MHC_NAMESPACE {

typedef uint16_t HalfVec __attribute__((vector_size(2 * MHC_LANES)));
typedef uint32_t BitVec __attribute__((vector_size(4 * MHC_LANES)));

MHC_INLINE float widen(float v) {
    return v;
}

MHC_INLINE float widen(Bf16 v) {
    const uint32_t bits = uint32_t{v.bits} << 16;
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

// Pairs of bfloat16, the first of each in the lower half of a lane.
MHC_INLINE Vec firsts(Vec pairs) {
    return reinterpret_cast<Vec>(reinterpret_cast<BitVec>(pairs) << 16);
}

MHC_INLINE Vec seconds(Vec pairs) {
    return reinterpret_cast<Vec>(reinterpret_cast<BitVec>(pairs) & 0xffff0000);
}

// Of numbers that are bfloat16 already.
MHC_INLINE Vec pair(Vec first, Vec second) {
    return reinterpret_cast<Vec>(reinterpret_cast<BitVec>(first) >> 16 | reinterpret_cast<BitVec>(second));
}

// GCC 12 makes four instructions of the conversion where one will do.
MHC_INLINE BitVec zero_extended(HalfVec v) {
#if defined(__AVX512F__)
    return (BitVec)_mm512_maskz_cvtepu16_epi32(0xffff, (__m256i)v);
#elif defined(__AVX2__)
    return (BitVec)_mm256_cvtepu16_epi32((__m128i)v);
#else
    return __builtin_convertvector(v, BitVec);
#endif
}

MHC_INLINE Vec load(const Bf16 *p, Whole = {}) {
    HalfVec v;
    __builtin_memcpy(&v, p, sizeof v);
    return reinterpret_cast<Vec>(zero_extended(v) << 16);
}

MHC_INLINE Vec load(const Bf16 *p, Part part) {
    Vec v = {};
    for (int i = 0; i < part.count; i++)
        v[i] = widen(p[i]);
    return v;
}

// Rounded to the nearest, ties to even; NaN stays NaN. (The instruction makes zeros of subnormal numbers.)
MHC_INLINE HalfVec narrow(Vec v) {
#if defined(__AVX512BF16__)
    return (HalfVec)_mm512_cvtneps_pbh(v);
#else
    const BitVec bits = reinterpret_cast<BitVec>(v), half = bits + 0x7fff;
    const BitVec rounded = (bits & 0x10000) != 0 ? half + 1 : half;
    return __builtin_convertvector((v == v ? rounded : bits | 0x400000) >> 16, HalfVec);
#endif
}

MHC_INLINE void store(Bf16 *p, Vec v, Whole = {}) {
    const HalfVec half = narrow(v);
    __builtin_memcpy(p, &half, sizeof half);
}

MHC_INLINE void store(Bf16 *p, Vec v, Part part) {
    const HalfVec half = narrow(v);
    for (int i = 0; i < part.count; i++)
        p[i].bits = half[i];
}

MHC_INLINE void stream(Bf16 *p, Vec v) {
#if defined(MHC_CALLS) || MHC_LANES < 8
    store(p, v);
#else
    const HalfVec half = narrow(v);
#if MHC_LANES == 16
    typedef long long Quads __attribute__((vector_size(32)));
    __builtin_ia32_movntdq256(reinterpret_cast<Quads *>(p), reinterpret_cast<Quads>(half));
#else
    typedef long long Quads __attribute__((vector_size(16)));
    __builtin_ia32_movntdq(reinterpret_cast<Quads *>(p), reinterpret_cast<Quads>(half));
#endif
#endif
}

// A whole line past the caches.
template <class T>
MHC_INLINE void stream_line(T *p, const Vec *values) {
#pragma GCC unroll 8
    for (int v = 0; v < kLine<T> / kLanes; v++)
        stream(p + v * kLanes, values[v]);
}

#if defined(__AVX512BF16__)
MHC_INLINE void stream_line(Bf16 *p, const Vec *values) {
    typedef long long Quads __attribute__((vector_size(64)));
    __builtin_ia32_movntdq512(reinterpret_cast<Quads *>(p), (Quads)_mm512_cvtne2ps_pbh(values[1], values[0]));
}
#endif

// A line as it is.
template <class T>
MHC_INLINE void stream_line(T *to, const T *from) {
#pragma GCC unroll 2
    for (int v = 0; v < kLine<float>; v += kLanes) {
        Vec bits;
        __builtin_memcpy(&bits, from + v * (sizeof(float) / sizeof(T)), sizeof bits);
        stream(reinterpret_cast<float *>(to) + v, bits);
    }
}

// Terms of an inner product of two rows, as many as one instruction multiplies and adds: products of bfloat16 are exact.
template <class T>
struct TermsOf {
    using Type = Vec;
    static constexpr int count = kLanes;
};

template <class T, class Lanes>
MHC_INLINE Vec load_terms(const T *p, Lanes lanes) {
    return load(p, lanes);
}

MHC_INLINE Vec multiply_add(Vec a, Vec b, Vec total) {
    return fma(a, b, total);
}

#if defined(__AVX512BF16__)
struct Halves {
    __m512i bits;
};

template <>
struct TermsOf<Bf16> {
    using Type = Halves;
    static constexpr int count = 2 * kLanes;
};

MHC_INLINE Halves load_terms(const Bf16 *p, Whole) {
    return {_mm512_loadu_si512(p)};
}

MHC_INLINE Halves load_terms(const Bf16 *p, Part part) {
    return {_mm512_maskz_loadu_epi16((1u << part.count) - 1, p)};
}

MHC_INLINE Vec multiply_add(Halves a, Halves b, Vec total) {
    return _mm512_dpbf16_ps(total, (__m512bh)a.bits, (__m512bh)b.bits);
}
#endif

} // namespace mhc::MHC_NAMESPACE
