#include "reference.h"

using namespace mhc::test;

namespace {

struct Inputs {
    Tensor x, y, res, post, upstream, before;

    Inputs(const Shape &s, Random &random)
        : x(s.tokens * s.depth(), random, 1, s.dtype), y(s.tokens * s.channels, random, 1, s.dtype),
          res(s.tokens * s.n * s.n, random), post(s.tokens * s.n, random), upstream(x.size(), random, 1, s.dtype),
          before(x.size(), random, 1, s.dtype) {}
};

struct Gradients {
    Tensor x, y, res, post;

    explicit Gradients(const Inputs &in)
        : x(in.before), y(in.y.size(), kNaN, in.y.dtype()), res(in.res.size()), post(in.post.size()) {}
};

void forward(const Shape &s, const Inputs &in, Tensor &output) {
    compute(mhc_write_forward, {.head = s.head(), .x = in.x, .y = in.y, .res = in.res, .post = in.post, .output = output});
}

void backward(const Shape &s, const Inputs &in, Gradients &grad, bool accumulate) {
    compute(mhc_write_backward, {.head = s.head(),
                                 .x = in.x,
                                 .y = in.y,
                                 .res = in.res,
                                 .post = in.post,
                                 .grad_output = in.upstream,
                                 .grad_x = grad.x,
                                 .grad_y = grad.y,
                                 .grad_res = grad.res,
                                 .grad_post = grad.post,
                                 .accumulate_x = accumulate});
}

} // namespace

MHC_TEST(write_matches_float64_for_all_sizes) {
    each_shape([](const Shape &s) {
        Random random(s.seed());
        const Inputs in(s, random);
        const int64_t t = s.tokens, c = s.channels;
        const Doubles x = in.x.wide(), y = in.y.wide(), res = in.res.wide(), post = in.post.wide(), g = in.upstream.wide();
        const Doubles output_expected = combine(t, s.n, s.n, c, res, false, x) + combine(t, s.n, 1, c, post, false, y);
        const Doubles x_expected = combine(t, s.n, s.n, c, res, true, g), y_expected = combine(t, 1, s.n, c, post, false, g);
        const Doubles res_expected = inner(t, s.n, s.n, c, g, x), post_expected = inner(t, s.n, 1, c, g, y);
        each_isa(s.dtype, [&] {
            Tensor output(in.x.size(), kNaN, s.dtype);
            forward(s, in, output);
            expect_close("output", s, output, output_expected);
            Gradients grad(in);
            backward(s, in, grad, false);
            expect_close("grad_x", s, grad.x, x_expected);
            expect_close("grad_y", s, grad.y, y_expected);
            expect_close("grad_res", s, grad.res, res_expected);
            expect_close("grad_post", s, grad.post, post_expected);
            Gradients sum(in);
            backward(s, in, sum, true);
            expect_close("accumulated grad_x", s, sum.x, x_expected + in.before.wide());
            Tensor grad_y(in.y.size(), kNaN, s.dtype);
            compute(mhc_write_backward_y, {.head = s.head(), .post = in.post, .grad_output = in.upstream, .grad_y = grad_y});
            expect_close("grad_y alone", s, grad_y, y_expected);
        });
    });
}

MHC_TEST(write_gives_the_same_bits_with_two_and_three_threads) {
    for (const Shape &s : large_shapes()) {
        Random random(s.seed());
        const Inputs in(s, random);
        each_isa(s.dtype, [&] {
            Tensor output(in.x.size(), kNaN, s.dtype);
            Gradients grad(in);
            forward(s, in, output);
            backward(s, in, grad, true);
            for (const mhc_parallel_for loop : {pool<2>, pool<3>, late_pool}) {
                Tensor output2(in.x.size(), kNaN, s.dtype);
                Gradients grad2(in);
                mhc_initialize(loop, nullptr, 0);
                forward(s, in, output2);
                backward(s, in, grad2, true);
                expect_same("output", s, output, output2);
                expect_same("grad_x", s, grad.x, grad2.x);
                expect_same("grad_y", s, grad.y, grad2.y);
                expect_same("grad_res", s, grad.res, grad2.res);
                expect_same("grad_post", s, grad.post, grad2.post);
            }
        });
    }
}

MHC_TEST(write_lets_nan_and_infinity_through_and_keeps_them_to_their_place) {
    each_bad_value([](const Shape &s, float bad) {
        Random random(3);
        Inputs in(s, random);
        in.y.set(4 * s.channels + 36, bad);
        Tensor output(in.x.size(), kNaN, s.dtype);
        Gradients grad(in);
        forward(s, in, output);
        backward(s, in, grad, false);
        for (int64_t i = 0; i < output.size(); i++)
            expect(std::isfinite(output.at(i)) == (i / s.depth() != 4 || i % s.channels != 36), "%s: output[%lld] = %g",
                   mhc_isa(), static_cast<long long>(i), output.at(i));
        for (int64_t i = 0; i < grad.post.size(); i++)
            expect(std::isfinite(grad.post[i]) == (i / s.n != 4), "%s: grad_post[%lld] = %g", mhc_isa(),
                   static_cast<long long>(i), grad.post[i]);
    });
}

MHC_TEST_MAIN
