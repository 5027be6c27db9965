#include "reference.h"

using namespace mhc::test;

namespace {

constexpr int kIterations = 20;

void forward(int64_t tokens, int n, int iterations, const Tensor &logits, Tensor &output) {
    compute(mhc_sinkhorn_forward, {.head = Shape{tokens, n, 0}.head(iterations), .logits = logits, .output = output});
}

void backward(int64_t tokens, int n, int iterations, const Tensor &logits, const Tensor &upstream, Tensor &grad) {
    compute(mhc_sinkhorn_backward,
            {.head = Shape{tokens, n, 0}.head(iterations), .logits = logits, .grad_output = upstream, .grad_logits = grad});
}

void compare(const Shape &s, double sigma, int iterations, double tolerance) {
    Random random(s.seed() + iterations);
    const int64_t each = s.n * s.n;
    const Tensor logits(s.tokens * each, random, sigma), upstream(s.tokens * each, random);
    Doubles expected, gradient = upstream.wide();
    for (int64_t t = 0; t < s.tokens; t++) {
        const Doubles m = sinkhorn(&logits.wide()[t * each], s.n, iterations, &gradient[t * each]);
        expected.insert(expected.end(), m.begin(), m.end());
    }
    each_isa(MHC_FLOAT32, [&] {
        Tensor output(logits.size()), grad(logits.size());
        forward(s.tokens, s.n, iterations, logits, output);
        expect_close("output", s, output, expected, tolerance);
        backward(s.tokens, s.n, iterations, logits, upstream, grad);
        if (s.n > 1) // for n = 1 the gradient is zero
            expect_close("grad_logits", s, grad, gradient, tolerance);
    });
}

} // namespace

MHC_TEST(sinkhorn_matches_float64_for_all_sizes) {
    each_shape_without_channels([](const Shape &s) { compare(s, 1.0, kIterations, 2e-5); });
}

MHC_TEST(sinkhorn_matches_float64_for_wide_logits) {
    each_shape_without_channels([](const Shape &s) { compare(s, 3.0, kIterations, 2e-4); });
}

MHC_TEST(sinkhorn_matches_float64_for_other_numbers_of_iterations) {
    for (const int iterations : {1, 2, 7, 100})
        compare({17, 4, 0}, 1.0, iterations, 2e-5);
    compare({5, 3, 0}, 1.0, MHC_MAX_ITERATIONS, 2e-4);
}

MHC_TEST(sinkhorn_of_two_streams_has_the_closed_form) {
    each_isa(MHC_FLOAT32, [] {
        Random random(7);
        Tensor logits(4 * 32, random), output(4 * 32);
        forward(32, 2, 200, logits, output);
        for (int t = 0; t < 32; t++) {
            const float *l = logits + 4 * t;
            const double odds = std::exp((double{l[0]} + l[3] - l[1] - l[2]) / 2);
            expect(std::fabs(output[4 * t] - odds / (1 + odds)) < 1e-5, "%s: token %d", mhc_isa(), t);
        }
    });
}

MHC_TEST(sinkhorn_of_huge_logits_stays_finite) {
    each_isa(MHC_FLOAT32, [] {
        for (int n = 1; n <= MHC_MAX_STREAMS; n++) {
            Random random(n);
            Tensor logits(n * n * 19, random, 170.0), output(logits.size()), grad(logits.size());
            const Tensor upstream(logits.size(), random);
            forward(19, n, kIterations, logits, output);
            backward(19, n, kIterations, logits, upstream, grad);
            for (int64_t row = 0; row < 19 * n; row++) {
                float total = 0;
                for (int j = 0; j < n; j++) {
                    total += output[row * n + j];
                    expect(std::isfinite(grad[row * n + j]), "%s n=%d: gradient is not finite", mhc_isa(), n);
                }
                expect(std::fabs(total - 1) < 1e-5f, "%s n=%d: row %lld sums to %g", mhc_isa(), n, static_cast<long long>(row),
                       total);
            }
        }
    });
}

MHC_TEST(sinkhorn_lets_nan_and_infinity_through_and_keeps_them_to_their_token) {
    each_isa(MHC_FLOAT32, [] {
        for (int n = 1; n <= MHC_MAX_STREAMS; n++)
            for (const float bad : {kNaN, kInfinity}) {
                Random random(n);
                const int each = n * n, tokens = 21, sick = 5;
                Tensor logits(tokens * each, random), output(logits.size()), grad(logits.size());
                const Tensor upstream(logits.size(), random);
                logits[sick * each + each / 2] = bad;
                forward(tokens, n, kIterations, logits, output);
                backward(tokens, n, kIterations, logits, upstream, grad);
                for (int k = 0; k < tokens * each; k++) {
                    const bool inside = k / each == sick;
                    expect(std::isnan(output[k]) == inside, "%s n=%d: output %d is %g", mhc_isa(), n, k, output[k]);
                    expect(std::isnan(grad[k]) == inside, "%s n=%d: gradient %d is %g", mhc_isa(), n, k, grad[k]);
                }
            }
    });
}

MHC_TEST(sinkhorn_gives_the_same_bits_with_two_threads) {
    for (const int n : {3, 4, 8}) {
        const Shape s{5003, n, 0};
        Random random(s.seed());
        const Tensor logits(s.tokens * n * n, random), upstream(s.tokens * n * n, random);
        const auto run = [&](Tensor &output, Tensor &grad) {
            forward(s.tokens, n, kIterations, logits, output);
            backward(s.tokens, n, kIterations, logits, upstream, grad);
        };
        each_isa(MHC_FLOAT32, [&] {
            Tensor output(logits.size()), grad(logits.size()), output2(logits.size()), grad2(logits.size());
            run(output, grad);
            mhc_initialize(pool<2>, nullptr, 0);
            run(output2, grad2);
            expect_same("output", s, output, output2);
            expect_same("grad_logits", s, grad, grad2);
        });
    }
}

MHC_TEST_MAIN
