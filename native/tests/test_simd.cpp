// Compiled once per build of the vectors; each runs only where the processor has it.
#include "bf16.h"

#include "check.h"

#include <cmath>
#include <limits>

namespace mhc::test {

using namespace mhc::MHC_NAMESPACE;

namespace {

// Distance from the exact value in units of the last place of its float.
double ulps(float actual, double exact) {
    const float nearest = static_cast<float>(exact);
    return std::fabs(actual - exact) / (std::nextafter(nearest, INFINITY) - nearest);
}

// Lane i of a vector of consecutive values is checked, so that every lane takes part.
template <class F, class G>
double worst(float from, float to, float step, const F &function, const G &exact) {
    double largest = 0;
    int lane = 0;
    for (float x = from; x <= to; x += step, lane = (lane + 1) % kLanes) {
        Vec v = splat(0.0f);
        v[lane] = x;
        largest = std::fmax(largest, ulps(function(v)[lane], exact(double{x})));
    }
    return largest;
}

} // namespace

MHC_TEST(exp_is_within_two_ulp) {
    const double error = worst(-87.0f, 0.0f, 0.0003f, exp_nonpositive, [](double x) { return std::exp(x); });
    expect(error < 2, "%.3f ulp", error);
}

MHC_TEST(exp_of_less_than_minus_87_stays_positive_and_normal) {
    for (const float x : {-87.1f, -104.0f, -1e30f, -std::numeric_limits<float>::infinity()}) {
        const float e = exp_nonpositive(splat(x))[kLanes - 1];
        expect(e >= std::numeric_limits<float>::min() && e < 2e-38f, "exp(%g) = %g", x, e);
    }
    expect(exp_nonpositive(splat(0.0f))[0] == 1.0f, "exp(0)");
    expect(std::isnan(exp_nonpositive(splat(std::nanf("")))[0]), "exp(NaN)");
}

MHC_TEST(sigmoid_is_within_four_ulp_on_both_sides) {
    const double error = worst(-80.0f, 80.0f, 0.0007f, sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); });
    expect(error < 4, "%.3f ulp", error);
    expect(std::isnan(sigmoid(splat(std::nanf("")))[0]), "sigmoid(NaN)");
    expect(sigmoid(splat(INFINITY))[0] == 1.0f && sigmoid(splat(-INFINITY))[0] < 2e-38f, "sigmoid of infinity");
}

MHC_TEST(loads_and_stores_of_a_part_touch_only_that_part) {
    for (int count = 0; count <= kLanes; count++) {
        float from[kLanes], to[kLanes];
        for (int i = 0; i < kLanes; i++) {
            from[i] = static_cast<float>(i + 1);
            to[i] = -1;
        }
        const Vec v = load(from, Part{count});
        store(to, v, Part{count});
        for (int i = 0; i < kLanes; i++)
            expect(v[i] == (i < count ? i + 1 : 0) && to[i] == (i < count ? i + 1 : -1), "count %d, lane %d", count, i);
    }
}

MHC_TEST(columns_are_rows_transposed_for_full_and_partial_tiles) {
    constexpr int columns = 32;
    float rows[kLanes * columns], back[kLanes * columns];
    for (int i = 0; i < kLanes * columns; i++)
        rows[i] = static_cast<float>(i);
    for (const int count : {1, kLanes - 1, kLanes}) {
        Vec v[columns];
        load_columns<columns>(rows, count, v);
        for (int i = 0; i < kLanes; i++)
            for (int k = 0; k < columns; k++)
                expect(v[k][i] == (i < count ? rows[i * columns + k] : 0), "count %d, row %d, column %d", count, i, k);
        for (float &value : back)
            value = -1;
        store_columns<columns>(back, count, v);
        for (int i = 0; i < kLanes * columns; i++)
            expect(back[i] == (i < count * columns ? rows[i] : -1), "count %d, element %d", count, i);
    }
}

// Every bfloat16 with every kind of rest: exact, below half, half, above half. Subnormal numbers may become zeros.
MHC_TEST(bfloat16_is_the_nearest_with_ties_to_even_and_nan_stays_nan) {
    int wrong = 0;
    for (uint32_t upper = 0; upper < 0x10000; upper++)
        for (const uint32_t lower : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
            const uint32_t bits = upper << 16 | lower;
            float value, back;
            std::memcpy(&value, &bits, sizeof value);
            Vec v = splat(1.0f);
            v[upper % kLanes] = value;
            Bf16 stored[kLanes];
            store(stored, v);
            std::memcpy(&back, &bits, sizeof back);
            back = load(stored)[upper % kLanes];
            const uint32_t odd = upper & 1, up = lower > 0x8000 || (lower == 0x8000 && odd == 1) ? 1 : 0;
            const bool right = std::isnan(value) ? std::isnan(back)
                               : std::fabs(value) < std::numeric_limits<float>::min()
                                   ? std::fabs(back) <= std::numeric_limits<float>::min()
                                   : stored[upper % kLanes].bits == upper + up;
            wrong += right && (kLanes == 1 || back != back || widen(stored[(upper + 1) % kLanes]) == 1.0f) ? 0 : 1;
        }
    expect(wrong == 0, "%d wrong", wrong);
}

MHC_TEST(parts_of_bfloat16_touch_only_that_part) {
    for (int count = 0; count <= kLanes; count++) {
        Bf16 from[kLanes], to[kLanes];
        for (int i = 0; i < kLanes; i++)
            from[i].bits = to[i].bits = static_cast<uint16_t>(0x3f80 + i);
        const Vec v = load(from, Part{count});
        store(to, v + v, Part{count});
        for (int i = 0; i < kLanes; i++)
            expect(v[i] == (i < count ? widen(from[i]) : 0) && widen(to[i]) == (i < count ? 2 : 1) * widen(from[i]),
                   "count %d, lane %d", count, i);
    }
}

MHC_TEST(the_sums_of_vectors_take_every_lane_of_their_own) {
    constexpr int count = kLanes + 3;
    Vec v[count];
    for (int k = 0; k < count; k++)
        for (int i = 0; i < kLanes; i++)
            v[k][i] = static_cast<float>((k + 1) << (i % 8));
    float out[count];
    store_sums<count>(out, v);
    for (int k = 0; k < count; k++) {
        float expected = 0;
        for (int i = 0; i < kLanes; i++)
            expected += static_cast<float>((k + 1) << (i % 8));
        expect(out[k] == expected, "sum %d: %g, not %g", k, out[k], expected);
    }
}

MHC_TEST(the_sum_of_a_vector_takes_every_lane) {
    Vec v;
    for (int i = 0; i < kLanes; i++)
        v[i] = static_cast<float>(1 << i);
    expect(sum(v) == static_cast<float>((1 << kLanes) - 1), "%g", sum(v));
}

} // namespace mhc::test

MHC_TEST_MAIN
