#include "layer_fixture.h"

using namespace mhc::test;

MHC_TEST(coefficients_match_float64_for_all_sizes) {
    each_shape([](const Shape &s) {
        Random random(s.seed());
        const LayerInputs in(s, random);
        const Doubles x = in.x.wide(), phi = in.phi.wide(), bias = in.bias.wide(), alpha = in.alpha.wide();
        const CoefficientValues values = coefficients(s, x, phi, bias, alpha, kIterations);
        CoefficientGradients expected = mhc::test::coefficients_backward(s, x, phi, bias, alpha, values, in.grad_pre.wide(),
                                                                         in.grad_post.wide(), in.grad_res.wide(), kIterations);
        each_isa(s.dtype, [&] {
            LayerOutputs out(s);
            coefficients_forward(s, in, out);
            expect_close_outputs(s, out, values);
            LayerGradients grad(in), sum(in);
            coefficients_backward(s, in, out, grad, false);
            expect_close_gradients(s, grad, expected, s.depth() > 1);
            coefficients_backward(s, in, out, sum, true);
            if (s.depth() > 1)
                expect_close("accumulated grad_x", s, sum.x, expected.x + in.before.wide());
        });
    });
}

MHC_TEST(coefficients_give_the_same_bits_with_two_and_three_threads) {
    for (const Shape &s : large_shapes()) {
        Random random(s.seed());
        const LayerInputs in(s, random);
        each_isa(s.dtype, [&] {
            LayerOutputs out(s);
            LayerGradients grad(in);
            coefficients_forward(s, in, out);
            coefficients_backward(s, in, out, grad, true);
            for (const mhc_parallel_for loop : {pool<2>, pool<3>, late_pool}) {
                LayerOutputs out2(s);
                LayerGradients grad2(in);
                mhc_initialize(loop, nullptr, 0);
                coefficients_forward(s, in, out2);
                coefficients_backward(s, in, out2, grad2, true);
                expect_same("pre", s, out.pre, out2.pre);
                expect_same("post", s, out.post, out2.post);
                expect_same("res", s, out.res, out2.res);
                expect_same("raw", s, out.raw, out2.raw);
                expect_same_gradients(s, grad, grad2);
            }
        });
    }
}

MHC_TEST(phi_is_rounded_only_where_bfloat16_streams_meet_an_instruction_for_them) {
    for (const Shape s : {Shape{21, 4, 33, MHC_FLOAT32}, Shape{21, 4, 33, MHC_BFLOAT16}})
        each_isa(s.dtype, [&] {
            Random random(7);
            LayerInputs in(s, random);
            for (int64_t i = 0; i < in.phi.size(); i++)
                in.phi.set(i, in.phi.at(i) * 1.001f);
            LayerOutputs given(s), rounded(s);
            coefficients_forward(s, in, given);
            in.phi.round();
            coefficients_forward(s, in, rounded);
            const bool rounds = s.dtype == MHC_BFLOAT16 && std::strcmp(mhc_isa(), "avx512_bf16") == 0;
            expect(given.raw.same_bits(rounded.raw) == rounds, "%s dtype=%d: phi is rounded or not", mhc_isa(), s.dtype);
        });
}

MHC_TEST(coefficients_let_nan_through_and_keep_it_to_its_token) {
    for (const Shape s : {Shape{21, 4, 33, MHC_FLOAT32}, Shape{21, 4, 33, MHC_BFLOAT16}})
        each_isa(s.dtype, [&] {
            Random random(5);
            LayerInputs in(s, random);
            in.x.set(7 * s.depth() + 100, kNaN);
            LayerOutputs out(s);
            LayerGradients grad(in);
            coefficients_forward(s, in, out);
            coefficients_backward(s, in, out, grad, false);
            for (int64_t t = 0; t < s.tokens; t++) {
                for (int k = 0; k < s.n; k++)
                    expect(std::isnan(out.pre[t * s.n + k]) == (t == 7) && std::isnan(out.post[t * s.n + k]) == (t == 7),
                           "%s: pre or post of token %lld", mhc_isa(), static_cast<long long>(t));
                for (int k = 0; k < s.n * s.n; k++)
                    expect(std::isnan(out.res[t * s.n * s.n + k]) == (t == 7), "%s: res of token %lld", mhc_isa(),
                           static_cast<long long>(t));
                for (int64_t k = 0; k < s.depth(); k++)
                    expect(std::isnan(grad.x.at(t * s.depth() + k)) == (t == 7), "%s: grad_x of token %lld", mhc_isa(),
                           static_cast<long long>(t));
            }
            for (int64_t k = 0; k < grad.phi.size(); k++)
                expect(std::isnan(grad.phi[k]), "%s: grad_phi[%lld] = %g", mhc_isa(), static_cast<long long>(k), grad.phi[k]);
        });
}

MHC_TEST(coefficients_of_a_token_of_zeros_are_nan) {
    const Shape s{3, 2, 8};
    each_isa(s.dtype, [&] {
        Random random(5);
        LayerInputs in(s, random);
        std::memset(in.x + s.depth(), 0, s.depth() * sizeof(float));
        LayerOutputs out(s);
        coefficients_forward(s, in, out);
        expect(std::isnan(out.pre[s.n]) && !std::isnan(out.pre[0]), "%s: no epsilon in r", mhc_isa());
    });
}

MHC_TEST(coefficients_of_no_tokens_write_zero_parameter_gradients) {
    const Shape s{0, 4, 8};
    each_isa(s.dtype, [&] {
        Random random(5);
        const LayerInputs in(s, random);
        LayerGradients grad(in);
        compute(mhc_coefficients_backward, {.head = s.head(kIterations),
                                            .phi = in.phi,
                                            .bias = in.bias,
                                            .alpha = in.alpha,
                                            .grad_phi = grad.phi,
                                            .grad_bias = grad.bias,
                                            .grad_alpha = grad.alpha});
        for (const Tensor *tensor : {&grad.phi, &grad.bias, &grad.alpha})
            for (int64_t i = 0; i < tensor->size(); i++)
                expect(tensor->data()[i] == 0.0f, "%s: %g", mhc_isa(), tensor->data()[i]);
    });
}

MHC_TEST_MAIN
