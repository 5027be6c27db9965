#include "reference.h"

using namespace mhc::test;

namespace {

struct Inputs {
    Tensor x, pre, upstream, before;

    Inputs(const Shape &s, Random &random)
        : x(s.tokens * s.depth(), random, 1, s.dtype), pre(s.tokens * s.n, random),
          upstream(s.tokens * s.channels, random, 1, s.dtype), before(x.size(), random, 1, s.dtype) {}
};

void backward(const Shape &s, const Inputs &in, Tensor &grad_x, Tensor &grad_pre, bool accumulate) {
    compute(mhc_read_backward, {.head = s.head(),
                                .x = in.x,
                                .pre = in.pre,
                                .grad_h = in.upstream,
                                .grad_x = grad_x,
                                .grad_pre = grad_pre,
                                .accumulate_x = accumulate});
}

void forward(const Shape &s, const Inputs &in, Tensor &h) {
    compute(mhc_read_forward, {.head = s.head(), .x = in.x, .pre = in.pre, .h = h});
}

} // namespace

MHC_TEST(read_matches_float64_for_all_sizes) {
    each_shape([](const Shape &s) {
        Random random(s.seed());
        const Inputs in(s, random);
        const Doubles h_expected = combine(s.tokens, 1, s.n, s.channels, in.pre.wide(), false, in.x.wide());
        const Doubles x_expected = combine(s.tokens, s.n, 1, s.channels, in.pre.wide(), false, in.upstream.wide());
        const Doubles pre_expected = inner(s.tokens, s.n, 1, s.channels, in.x.wide(), in.upstream.wide());
        each_isa(s.dtype, [&] {
            Tensor h(s.tokens * s.channels, kNaN, s.dtype), grad_x(in.x.size(), kNaN, s.dtype), grad_pre(in.pre.size()),
                sum(in.before);
            forward(s, in, h);
            expect_close("h", s, h, h_expected);
            backward(s, in, grad_x, grad_pre, false);
            expect_close("grad_x", s, grad_x, x_expected);
            expect_close("grad_pre", s, grad_pre, pre_expected);
            backward(s, in, sum, grad_pre, true);
            expect_close("accumulated grad_x", s, sum, x_expected + in.before.wide());
        });
    });
}

MHC_TEST(read_gives_the_same_bits_with_two_and_three_threads) {
    for (const Shape &s : large_shapes()) {
        Random random(s.seed());
        const Inputs in(s, random);
        each_isa(s.dtype, [&] {
            Tensor h(s.tokens * s.channels, kNaN, s.dtype), grad_x(in.x.size(), kNaN, s.dtype), grad_pre(in.pre.size());
            forward(s, in, h);
            backward(s, in, grad_x, grad_pre, false);
            for (const mhc_parallel_for loop : {pool<2>, pool<3>, late_pool}) {
                Tensor h2(h.size(), kNaN, s.dtype), grad_x2(in.x.size(), kNaN, s.dtype), grad_pre2(in.pre.size());
                mhc_initialize(loop, nullptr, 0);
                forward(s, in, h2);
                backward(s, in, grad_x2, grad_pre2, false);
                expect_same("h", s, h, h2);
                expect_same("grad_x", s, grad_x, grad_x2);
                expect_same("grad_pre", s, grad_pre, grad_pre2);
            }
        });
    }
}

MHC_TEST(read_lets_nan_and_infinity_through_and_keeps_them_to_their_place) {
    each_bad_value([](const Shape &s, float bad) {
        Random random(3);
        Inputs in(s, random);
        in.x.set(4 * s.depth() + 2 * s.channels + 36, bad);
        Tensor h(s.tokens * s.channels, kNaN, s.dtype), grad_x(in.x.size(), kNaN, s.dtype), grad_pre(in.pre.size());
        forward(s, in, h);
        backward(s, in, grad_x, grad_pre, false);
        for (int64_t i = 0; i < h.size(); i++)
            expect(std::isfinite(h.at(i)) == (i != 4 * s.channels + 36), "%s: h[%lld] = %g", mhc_isa(),
                   static_cast<long long>(i), h.at(i));
        for (int64_t i = 0; i < grad_pre.size(); i++)
            expect(std::isfinite(grad_pre[i]) == (i != 4 * s.n + 2), "%s: grad_pre[%lld] = %g", mhc_isa(),
                   static_cast<long long>(i), grad_pre[i]);
    });
}

MHC_TEST_MAIN
