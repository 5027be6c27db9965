#include "layer_fixture.h"

using namespace mhc::test;

namespace {

constexpr float kEpsilon = 1e-6f;

// The connection before a sublayer, and what its backward pass gets.
struct Connection {
    LayerInputs in; // in.x: the streams before, where they are not replicated
    Tensor row, y, res, post, norm, own_y, upstream, grad_total, grad_h;

    Connection(const Shape &s, Random &random)
        : in(s, random), row(s.tokens * s.channels, random, 1, s.dtype), y(row.size(), random, 1, s.dtype),
          res(s.tokens * s.n * s.n, random), post(s.tokens * s.n, random), norm(s.channels, random),
          own_y(row.size(), random, 1, s.dtype), upstream(in.x.size(), random, 1, s.dtype),
          grad_total(row.size(), random, 1, s.dtype), grad_h(row.size(), random, 1, s.dtype) {}

    const Tensor &x(bool replicated) const { return replicated ? row : in.x; }

    Doubles wide_x(const Shape &s, bool replicated) const { return replicated ? replicate(s, row.wide()) : in.x.wide(); }

    static Doubles replicate(const Shape &s, const Doubles &rows) {
        return combine(s.tokens, s.n, 1, s.channels, Doubles(s.tokens * s.n, 1.0), false, rows);
    }
};

struct NormGradients {
    Doubles y, x, weight; // the norm's result; its gradients
};

NormGradients norm_of(const Shape &s, const Doubles &x, const Doubles &weight, const Doubles &g) {
    NormGradients out{Doubles(x.size()), Doubles(x.size()), Doubles(s.channels)};
    const int64_t channels = s.channels;
    for (int64_t t = 0; t < s.tokens; t++) {
        double squares = 0, along = 0;
        for (int64_t c = 0; c < channels; c++) {
            squares += x[t * channels + c] * x[t * channels + c];
            along += x[t * channels + c] * weight[c] * g[t * channels + c];
        }
        const double width = static_cast<double>(channels), r = 1 / std::sqrt(squares / width + kEpsilon);
        for (int64_t c = 0; c < channels; c++) {
            const int64_t at = t * channels + c;
            out.y[at] = x[at] * r * weight[c];
            out.x[at] = r * (weight[c] * g[at] - x[at] * r * r * along / width);
            out.weight[c] += g[at] * x[at] * r;
        }
    }
    return out;
}

struct Forward {
    LayerOutputs out;
    Tensor x, h;

    explicit Forward(const Shape &s)
        : out(s), x(s.tokens * s.depth(), kNaN, s.dtype), h(s.tokens * s.channels, kNaN, s.dtype) {}
};

mhc_connect_forward_args forward_arguments(const Shape &s, const Connection &c, bool replicated, bool write, bool norm,
                                           Forward &f) {
    return {.head = s.head(kIterations),
            .x = c.x(replicated),
            .y = write ? static_cast<const void *>(c.y) : nullptr,
            .res_before = c.res,
            .post_before = c.post,
            .phi = c.in.phi,
            .bias = c.in.bias,
            .alpha = c.in.alpha,
            .norm = norm ? c.norm.data() : nullptr,
            .x_next = write ? static_cast<void *>(f.x) : nullptr,
            .pre = f.out.pre,
            .post = f.out.post,
            .res = f.out.res,
            .raw = f.out.raw,
            .r = f.out.r,
            .h = f.h,
            .epsilon = kEpsilon,
            .x_replicated = replicated};
}

void connect(const Shape &s, const Connection &c, bool replicated, bool write, bool norm, Forward &f) {
    compute(mhc_connect_forward, forward_arguments(s, c, replicated, write, norm, f));
}

struct Backward {
    LayerGradients grad;
    Tensor y_before, norm;

    Backward(const Shape &s, const Connection &c) : grad(c.in), y_before(c.y.size(), kNaN, s.dtype), norm(s.channels) {}
};

// Of a sublayer whose streams are c.x.
mhc_connect_backward_args backward_arguments(const Shape &s, const Connection &c, const LayerOutputs &out, bool replicated,
                                             bool norm, Backward &b) {
    return {.head = s.head(kIterations),
            .x = c.x(replicated),
            .y = c.own_y,
            .phi = c.in.phi,
            .bias = c.in.bias,
            .alpha = c.in.alpha,
            .norm = norm ? c.norm.data() : nullptr,
            .pre = out.pre,
            .post = out.post,
            .res = out.res,
            .raw = out.raw,
            .r = out.r,
            .grad_output = replicated ? c.grad_total : c.upstream,
            .grad_h = c.grad_h,
            .post_before = c.post,
            .grad_x = replicated ? nullptr : static_cast<void *>(b.grad.x),
            .grad_y_before = b.y_before,
            .grad_phi = b.grad.phi,
            .grad_bias = b.grad.bias,
            .grad_alpha = b.grad.alpha,
            .grad_norm = norm ? b.norm.data() : nullptr,
            .epsilon = kEpsilon,
            .x_replicated = replicated,
            .grad_output_replicated = replicated};
}

void connect_backward(const Shape &s, const Connection &c, const LayerOutputs &out, bool replicated, bool norm, Backward &b) {
    compute(mhc_connect_backward, backward_arguments(s, c, out, replicated, norm, b));
}

} // namespace

MHC_TEST(connect_forward_matches_float64_for_all_sizes) {
    each_shape([](const Shape &s) {
        Random random(s.seed());
        const Connection c(s, random);
        const int64_t t = s.tokens;
        for (const bool replicated : {false, true})
            for (const bool write : {false, true}) {
                Doubles x = c.wide_x(s, replicated);
                if (write)
                    x = stored(s, combine(t, s.n, s.n, s.channels, c.res.wide(), false, x) +
                                      combine(t, s.n, 1, s.channels, c.post.wide(), false, c.y.wide()));
                const CoefficientValues values =
                    coefficients(s, x, c.in.phi.wide(), c.in.bias.wide(), c.in.alpha.wide(), kIterations);
                const Doubles read = combine(t, 1, s.n, s.channels, values.pre, false, x);
                const Doubles normed = norm_of(s, read, c.norm.wide(), c.grad_h.wide()).y;
                each_isa(s.dtype, [&] {
                    Forward plain(s), full(s);
                    connect(s, c, replicated, write, false, plain);
                    connect(s, c, replicated, write, true, full);
                    if (write)
                        expect_close("x_next", s, full.x, x);
                    expect_close_outputs(s, full.out, values, write && s.dtype == MHC_BFLOAT16 ? kRounded : 2e-5);
                    expect_close("read", s, plain.h, read);
                    expect_close("h", s, full.h, normed, 5e-5);
                });
            }
    });
}

MHC_TEST(connect_backward_matches_float64_for_all_sizes) {
    each_shape([](const Shape &s) {
        Random random(s.seed());
        const Connection c(s, random);
        const int64_t t = s.tokens, width = s.channels;
        for (const bool replicated : {false, true}) {
            const Doubles x = c.wide_x(s, replicated);
            const Doubles g = replicated ? Connection::replicate(s, c.grad_total.wide()) : c.upstream.wide();
            const Doubles phi = c.in.phi.wide(), bias = c.in.bias.wide(), alpha = c.in.alpha.wide();
            const CoefficientValues values = coefficients(s, x, phi, bias, alpha, kIterations);
            const NormGradients norm =
                norm_of(s, combine(t, 1, s.n, width, values.pre, false, x), c.norm.wide(), c.grad_h.wide());
            for (const bool normed : {false, true}) {
                const Doubles grad_h = normed ? norm.x : c.grad_h.wide();
                CoefficientGradients expected = mhc::test::coefficients_backward(
                    s, x, phi, bias, alpha, values, inner(t, s.n, 1, width, x, grad_h),
                    inner(t, s.n, 1, width, g, c.own_y.wide()), inner(t, s.n, s.n, width, g, x), kIterations);
                expected.x = expected.x + combine(t, s.n, s.n, width, values.res, true, g) +
                             combine(t, s.n, 1, width, values.pre, false, grad_h);
                const Doubles y_before = combine(t, 1, s.n, width, c.post.wide(), false, expected.x);
                each_isa(s.dtype, [&] {
                    Forward f(s);
                    connect(s, c, replicated, false, normed, f);
                    Backward b(s, c);
                    connect_backward(s, c, f.out, replicated, normed, b);
                    // A norm makes a token that reads nearly nothing ill-conditioned.
                    const double tolerance = normed ? 2e-4 : 2e-5;
                    if (!replicated)
                        expect_close("grad_x", s, b.grad.x, expected.x, tolerance);
                    expect_close("grad_y_before", s, b.y_before, y_before, tolerance);
                    expect_close("grad_phi", s, b.grad.phi, expected.phi, phi_tolerance(s, tolerance));
                    expect_close("grad_bias", s, b.grad.bias, expected.bias, tolerance);
                    // Three numbers, each a sum of terms of both signs that are much larger.
                    expect_close("grad_alpha", s, b.grad.alpha, expected.alpha, 5 * tolerance);
                    if (normed)
                        expect_close("grad_norm", s, b.norm, norm.weight, tolerance);
                });
            }
        }
    });
}

MHC_TEST(finish_matches_float64_for_all_sizes) {
    each_shape([](const Shape &s) {
        Random random(s.seed());
        const Connection c(s, random);
        const int64_t t = s.tokens, width = s.channels;
        for (const bool replicated : {false, true}) {
            const Doubles streams = combine(t, s.n, s.n, width, c.res.wide(), false, c.wide_x(s, replicated)) +
                                    combine(t, s.n, 1, width, c.post.wide(), false, c.y.wide());
            const Doubles total = stored(s, combine(t, 1, s.n, width, Doubles(t * s.n, 1.0), false, streams));
            const NormGradients norm = norm_of(s, total, c.norm.wide(), c.grad_h.wide());
            const Doubles gates = combine(t, 1, s.n, 1, Doubles(t * s.n, 1.0), false, c.post.wide());
            const Doubles grad_y = combine(t, 1, 1, width, gates, false, norm.x);
            each_isa(s.dtype, [&] {
                const int64_t size = c.row.size();
                Tensor sum(size, kNaN, s.dtype), output(size, kNaN, s.dtype), grad_total(size, kNaN, s.dtype),
                    y(size, kNaN, s.dtype);
                Tensor weight(width);
                compute(mhc_finish_forward, {.head = s.head(),
                                             .x = c.x(replicated),
                                             .y = c.y,
                                             .res = c.res,
                                             .post = c.post,
                                             .norm = c.norm,
                                             .total = sum,
                                             .output = output,
                                             .epsilon = kEpsilon,
                                             .x_replicated = replicated});
                expect_close("total", s, sum, total);
                expect_close("output", s, output, norm.y, 5e-5);
                compute(mhc_finish_backward, {.head = s.head(),
                                              .total = sum,
                                              .post = c.post,
                                              .norm = c.norm,
                                              .grad_output = c.grad_h,
                                              .grad_total = grad_total,
                                              .grad_y = y,
                                              .grad_norm = weight,
                                              .epsilon = kEpsilon});
                // The norm of one channel is its sign: a true gradient of nearly nothing.
                if (width > 1) {
                    expect_close("grad_total", s, grad_total, norm.x, 2e-4);
                    expect_close("grad_y", s, y, grad_y, 2e-4);
                }
                expect_close("grad_norm", s, weight, norm.weight, s.dtype == MHC_BFLOAT16 ? kRounded : 2e-4);
            });
        }
    });
}

MHC_TEST(connect_gives_the_same_bits_with_two_and_three_threads) {
    for (const Shape &s : large_shapes()) {
        Random random(s.seed());
        const Connection c(s, random);
        each_isa(s.dtype, [&] {
            Forward one(s);
            connect(s, c, false, true, true, one);
            Backward b(s, c);
            connect_backward(s, c, one.out, false, true, b);
            for (const mhc_parallel_for loop : {pool<2>, pool<3>, late_pool}) {
                mhc_initialize(loop, nullptr, 0);
                Forward other(s);
                connect(s, c, false, true, true, other);
                expect_same("x_next", s, one.x, other.x);
                expect_same("h", s, one.h, other.h);
                Backward b2(s, c);
                connect_backward(s, c, one.out, false, true, b2);
                expect_same_gradients(s, b.grad, b2.grad);
                expect_same("grad_y_before", s, b.y_before, b2.y_before);
                expect_same("grad_norm", s, b.norm, b2.norm);
            }
        });
    }
}

// Large aligned results are streamed past the caches; Tensors are never aligned.
MHC_TEST(streamed_results_have_the_same_bits) {
    for (const Shape s : {Shape{2060, 2, 512, MHC_FLOAT32}, Shape{4110, 2, 512, MHC_BFLOAT16}}) {
        Random random(3);
        const Connection c(s, random);
        struct Free {
            void operator()(void *p) const { std::free(p); }
        };
        const std::unique_ptr<void, Free> aligned(std::aligned_alloc(64, sizeof(float) * s.tokens * s.depth()));
        const auto same = [&](const char *what, const Tensor &expected) {
            expect(expected.same_bits(aligned.get()), "%s %s: bits differ", mhc_isa(), what);
        };
        each_isa(
            s.dtype,
            [&] {
                Forward f(s), g(s);
                connect(s, c, false, true, true, f);
                mhc_connect_forward_args forward = forward_arguments(s, c, false, true, true, g);
                forward.x_next = aligned.get();
                compute(mhc_connect_forward, forward);
                same("x_next", f.x);
                expect_same("h", s, f.h, g.h);
                compute(mhc_write_forward,
                        {.head = s.head(), .x = c.in.x, .y = c.y, .res = c.res, .post = c.post, .output = aligned.get()});
                same("write", f.x);
                Backward b(s, c), d(s, c);
                connect_backward(s, c, f.out, false, true, b);
                mhc_connect_backward_args backward = backward_arguments(s, c, f.out, false, true, d);
                backward.grad_x = aligned.get();
                compute(mhc_connect_backward, backward);
                same("grad_x", b.grad.x);
                expect_same("grad_y_before", s, b.y_before, d.y_before);
            },
            pool<2>);
    }
}

MHC_TEST_MAIN
