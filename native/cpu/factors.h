// The factors of the coefficients' three matrix products, in the form that one instruction multiplies and adds: floats, or,
// where bfloat16 streams meet a processor that has the instruction, pairs of bfloat16, two terms of a sum at once. Then phi and
// the gradient of the products are rounded to bfloat16 for these products, as a matrix product of bfloat16 does; the sums are
// float32.
#pragma once

#include "bf16.h"

namespace mhc::MHC_NAMESPACE {

template <int N>
struct Coefficients {
    static constexpr int count = N * N + 2 * N;
};

// Two consecutive terms.
struct Pair {
    Bf16 first, second;
};

MHC_INLINE Vec multiply_add(float factor, const float *values, Vec total) {
    return fma(splat(factor), load(values), total);
}

template <class T>
struct FactorOf {
    using Type = float;
    using Term = float;
    static constexpr int terms = 1;
};

#if defined(__AVX512BF16__)
MHC_INLINE Halves load_terms(const Pair *p, Whole) {
    return {_mm512_loadu_si512(p)};
}

MHC_INLINE Halves splat(Pair factor) {
    int32_t bits;
    __builtin_memcpy(&bits, &factor, sizeof bits);
    return {_mm512_set1_epi32(bits)};
}

MHC_INLINE Vec multiply_add(Pair factor, const Pair *values, Vec total) {
    return multiply_add(splat(factor), load_terms(values, Whole{}), total);
}

template <>
struct FactorOf<Bf16> {
    using Type = Pair;
    using Term = Bf16;
    static constexpr int terms = 2;
};
#endif

template <class T>
using Factor = typename FactorOf<T>::Type;

// How many factors `count` terms are.
template <class T, class Count>
constexpr Count factors_of(Count count) {
    return (count + FactorOf<T>::terms - 1) / FactorOf<T>::terms;
}

// The factor of consecutive terms, `step` apart, of which `left` are there.
MHC_INLINE void take_factor(float &to, const float *terms, int64_t, int) {
    to = *terms;
}

MHC_INLINE void take_factor(Pair &to, const Bf16 *terms, int64_t step, int left) {
    to = {terms[0], left > 1 ? terms[step] : Bf16{0}};
}

// A tile's gradients of the products, [Tokens, M], as factors of either product.
template <int N, class T, int Tokens>
struct ProductFactors {
    static constexpr int count = Coefficients<N>::count;

    Factor<T> tokens[Tokens][factors_of<T>(count)];  // sums over coefficients, one for each token
    Factor<T> columns[factors_of<T>(Tokens)][count]; // sums over tokens, one for each coefficient

    void take(const float (*values)[count]) {
        constexpr int each = FactorOf<T>::terms;
        typename FactorOf<T>::Term terms[Tokens][count];
        each_block(Tokens * count,
                   [&](int64_t k, auto lanes) MHC_INLINE_BODY { store(terms[0] + k, load(values[0] + k, lanes), lanes); });
        for (int t = 0; t < Tokens; t++)
            for (int m = 0; m < count; m += each)
                take_factor(tokens[t][m / each], terms[t] + m, 1, count - m);
        for (int t = 0; t < Tokens; t += each)
            for (int m = 0; m < count; m++)
                take_factor(columns[t / each][m], terms[t] + m, count, Tokens - t);
    }
};

// A vector of channels of the streams of consecutive tokens, `left` of which are there, as factors of sums over tokens.
template <class Lanes>
MHC_INLINE void store_factors(float *to, const float *from, int64_t, int, Lanes lanes) {
    store(to, load(from, lanes));
}

template <class Lanes>
MHC_INLINE void store_factors(float *to, const Bf16 *from, int64_t, int, Lanes lanes) {
    store(to, load(from, lanes));
}

template <class Lanes>
MHC_INLINE void store_factors(Pair *to, const Bf16 *from, int64_t token, int left, Lanes lanes) {
    const Vec pairs = pair(load(from, lanes), left > 1 ? load(from + token, lanes) : Vec{});
    __builtin_memcpy(to, &pairs, sizeof pairs);
}

} // namespace mhc::MHC_NAMESPACE
