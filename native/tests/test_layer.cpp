#include "layer_fixture.h"

using namespace mhc::test;

namespace {

struct Layer {
    LayerInputs in;
    Tensor y, upstream, grad_h;

    Layer(const Shape &s, Random &random)
        : in(s, random), y(s.tokens * s.channels, random, 1, s.dtype), upstream(in.x.size(), random, 1, s.dtype),
          grad_h(y.size(), random, 1, s.dtype) {}
};

void enter(const Shape &s, const Layer &layer, LayerOutputs &out, Tensor &h) {
    const LayerInputs &in = layer.in;
    compute(mhc_enter_forward, {.head = s.head(kIterations),
                                .x = in.x,
                                .phi = in.phi,
                                .bias = in.bias,
                                .alpha = in.alpha,
                                .pre = out.pre,
                                .post = out.post,
                                .res = out.res,
                                .raw = out.raw,
                                .r = out.r,
                                .h = h});
}

void backward(const Shape &s, const Layer &layer, const LayerOutputs &out, LayerGradients &grad) {
    const LayerInputs &in = layer.in;
    compute(mhc_layer_backward, {.head = s.head(kIterations),
                                 .x = in.x,
                                 .y = layer.y,
                                 .phi = in.phi,
                                 .bias = in.bias,
                                 .alpha = in.alpha,
                                 .pre = out.pre,
                                 .post = out.post,
                                 .res = out.res,
                                 .raw = out.raw,
                                 .r = out.r,
                                 .grad_output = layer.upstream,
                                 .grad_h = layer.grad_h,
                                 .grad_x = grad.x,
                                 .grad_phi = grad.phi,
                                 .grad_bias = grad.bias,
                                 .grad_alpha = grad.alpha});
}

} // namespace

MHC_TEST(layer_matches_float64_for_all_sizes) {
    each_shape([](const Shape &s) {
        Random random(s.seed());
        const Layer layer(s, random);
        const int64_t t = s.tokens, c = s.channels;
        const Doubles x = layer.in.x.wide(), g = layer.upstream.wide(), grad_h = layer.grad_h.wide();
        const Doubles phi = layer.in.phi.wide(), bias = layer.in.bias.wide(), alpha = layer.in.alpha.wide();
        const CoefficientValues values = coefficients(s, x, phi, bias, alpha, kIterations);
        CoefficientGradients expected =
            mhc::test::coefficients_backward(s, x, phi, bias, alpha, values, inner(t, s.n, 1, c, x, grad_h),
                                             inner(t, s.n, 1, c, g, layer.y.wide()), inner(t, s.n, s.n, c, g, x), kIterations);
        expected.x =
            expected.x + combine(t, s.n, s.n, c, values.res, true, g) + combine(t, s.n, 1, c, values.pre, false, grad_h);
        const Doubles h_expected = combine(t, 1, s.n, c, values.pre, false, x);
        each_isa(s.dtype, [&] {
            LayerOutputs out(s);
            Tensor h(s.tokens * s.channels, kNaN, s.dtype);
            enter(s, layer, out, h);
            expect_close_outputs(s, out, values);
            expect_close("h", s, h, h_expected);
            LayerGradients grad(layer.in);
            backward(s, layer, out, grad);
            expect_close_gradients(s, grad, expected, true);
        });
    });
}

MHC_TEST(layer_gives_the_same_bits_with_two_and_three_threads) {
    for (const Shape &s : large_shapes()) {
        Random random(s.seed());
        const Layer layer(s, random);
        each_isa(s.dtype, [&] {
            LayerOutputs out(s);
            LayerGradients grad(layer.in);
            Tensor h(s.tokens * s.channels, kNaN, s.dtype);
            enter(s, layer, out, h);
            backward(s, layer, out, grad);
            for (const mhc_parallel_for loop : {pool<2>, pool<3>, late_pool}) {
                LayerOutputs out2(s);
                LayerGradients grad2(layer.in);
                Tensor h2(h.size(), kNaN, s.dtype);
                mhc_initialize(loop, nullptr, 0);
                enter(s, layer, out2, h2);
                backward(s, layer, out2, grad2);
                expect_same("h", s, h, h2);
                expect_same_gradients(s, grad, grad2);
            }
        });
    }
}

MHC_TEST(layer_in_parts_equals_the_layer_in_one) {
    const Shape s{50, 4, 72};
    Random random(11);
    const Layer layer(s, random);
    each_isa(s.dtype, [&] {
        LayerOutputs out(s), parts(s);
        Tensor h(s.tokens * s.channels, kNaN, s.dtype), h2(h.size(), kNaN, s.dtype);
        enter(s, layer, out, h);
        coefficients_forward(s, layer.in, parts);
        compute(mhc_read_forward, {.head = s.head(), .x = layer.in.x, .pre = parts.pre, .h = h2});
        expect_same("res", s, out.res, parts.res);
        expect_same("h", s, h, h2);
    });
}

MHC_TEST_MAIN
