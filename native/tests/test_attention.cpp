#include "fixture.h"

#include <algorithm>

using namespace mhc::test;

namespace {

using Doubles = std::vector<double>;

struct AttentionShape {
    int64_t batch, time, heads, key_heads, width;
    int dtype = MHC_FLOAT32;

    int64_t all() const { return heads + 2 * key_heads; }
    int64_t inputs() const { return batch * time * all() * width; }
    int64_t outputs() const { return batch * time * heads * width; }
    mhc_attention_head head() const { return {0, dtype, batch, time, heads, key_heads, width}; }

    // For messages: tokens, heads, channels.
    Shape shape() const { return {batch * time, static_cast<int>(heads), width, dtype}; }
    int64_t query(int64_t b, int64_t t, int64_t head) const { return ((b * time + t) * all() + head) * width; }
    int64_t key(int64_t b, int64_t t, int64_t head) const { return query(b, t, heads + head / (heads / key_heads)); }
    int64_t value(int64_t b, int64_t t, int64_t head) const { return key(b, t, head) + key_heads * width; }
    int64_t result(int64_t b, int64_t t, int64_t head) const { return ((b * time + t) * heads + head) * width; }
};

double dot(const Doubles &a, int64_t i, const Doubles &b, int64_t j, int64_t width) {
    double total = 0;
    for (int64_t c = 0; c < width; c++)
        total += a[i + c] * b[j + c];
    return total;
}

// Weights of the tokens up to t.
Doubles weights(const AttentionShape &s, const Doubles &qkv, int64_t b, int64_t t, int64_t head) {
    Doubles p;
    for (int64_t j = 0; j <= t; j++)
        p.push_back(dot(qkv, s.query(b, t, head), qkv, s.key(b, j, head), s.width) / std::sqrt(static_cast<double>(s.width)));
    const double top = *std::max_element(p.begin(), p.end());
    double total = 0;
    for (double &score : p)
        total += score = std::exp(score - top);
    for (double &weight : p)
        weight /= total;
    return p;
}

template <class F>
void each_query(const AttentionShape &s, const F &body) {
    for (int64_t b = 0; b < s.batch; b++)
        for (int64_t head = 0; head < s.heads; head++)
            for (int64_t t = 0; t < s.time; t++)
                body(b, t, head);
}

Doubles output_of(const AttentionShape &s, const Doubles &qkv) {
    Doubles output(s.outputs());
    each_query(s, [&](int64_t b, int64_t t, int64_t head) {
        const Doubles p = weights(s, qkv, b, t, head);
        for (int64_t j = 0; j <= t; j++)
            for (int64_t c = 0; c < s.width; c++)
                output[s.result(b, t, head) + c] += p[j] * qkv[s.value(b, j, head) + c];
    });
    return output;
}

Doubles gradient_of(const AttentionShape &s, const Doubles &qkv, const Doubles &upstream) {
    Doubles gradient(s.inputs());
    const double scale = 1 / std::sqrt(static_cast<double>(s.width));
    each_query(s, [&](int64_t b, int64_t t, int64_t head) {
        const Doubles p = weights(s, qkv, b, t, head);
        const int64_t result = s.result(b, t, head), query = s.query(b, t, head);
        double mean = 0;
        for (int64_t j = 0; j <= t; j++)
            mean += p[j] * dot(upstream, result, qkv, s.value(b, j, head), s.width);
        for (int64_t j = 0; j <= t; j++) {
            const int64_t key = s.key(b, j, head), value = s.value(b, j, head);
            const double score = p[j] * (dot(upstream, result, qkv, value, s.width) - mean) * scale;
            for (int64_t c = 0; c < s.width; c++) {
                gradient[value + c] += p[j] * upstream[result + c];
                gradient[query + c] += score * qkv[key + c];
                gradient[key + c] += score * qkv[query + c];
            }
        }
    });
    return gradient;
}

void forward(const AttentionShape &s, const Tensor &qkv, Tensor &output) {
    compute(mhc_attention_forward, {.head = s.head(), .qkv = qkv, .output = output});
}

void backward(const AttentionShape &s, const Tensor &qkv, const Tensor &upstream, Tensor &gradient) {
    compute(mhc_attention_backward, {.head = s.head(), .qkv = qkv, .grad_output = upstream, .grad_qkv = gradient});
}

// Times around the sizes of a tile, a panel and a block of every build; widths that fill vectors, and that do not.
std::vector<AttentionShape> shapes() {
    std::vector<AttentionShape> all;
    for (const int dtype : {MHC_FLOAT32, MHC_BFLOAT16}) {
        for (const int64_t time : {1, 5, 14, 16, 31, 57})
            for (const int64_t width : {1, 8, 33})
                all.push_back({1, time, 1, 1, width, dtype});
        all.insert(all.end(), {{2, 32, 2, 2, 64, dtype}, {2, 33, 4, 2, 20, dtype}, {1, 130, 3, 1, 16, dtype}});
    }
    return all;
}

} // namespace

MHC_TEST(attention_matches_float64_for_all_sizes) {
    for (const AttentionShape &s : shapes()) {
        Random random(s.shape().seed());
        const Tensor qkv(s.inputs(), random, 1.5, s.dtype), upstream(s.outputs(), random, 1, s.dtype);
        const Doubles output_expected = output_of(s, qkv.wide()),
                      gradient_expected = gradient_of(s, qkv.wide(), upstream.wide());
        each_isa(s.dtype, [&] {
            Tensor output(s.outputs(), kNaN, s.dtype), gradient(s.inputs(), kNaN, s.dtype);
            forward(s, qkv, output);
            expect_close("output", s.shape(), output, output_expected);
            backward(s, qkv, upstream, gradient);
            expect_close("grad_qkv", s.shape(), gradient, gradient_expected);
        });
    }
}

MHC_TEST(attention_gives_the_same_bits_with_two_and_three_threads) {
    for (const int dtype : {MHC_FLOAT32, MHC_BFLOAT16}) {
        const AttentionShape s{3, 70, 4, 2, 24, dtype};
        Random random(1);
        const Tensor qkv(s.inputs(), random, 1, dtype), upstream(s.outputs(), random, 1, dtype);
        each_isa(dtype, [&] {
            Tensor output(s.outputs(), kNaN, dtype), gradient(s.inputs(), kNaN, dtype);
            forward(s, qkv, output);
            backward(s, qkv, upstream, gradient);
            for (const mhc_parallel_for loop : {pool<2>, pool<3>, late_pool}) {
                Tensor output2(s.outputs(), kNaN, dtype), gradient2(s.inputs(), kNaN, dtype);
                mhc_initialize(loop, nullptr, 0);
                forward(s, qkv, output2);
                backward(s, qkv, upstream, gradient2);
                expect_same("output", s.shape(), output, output2);
                expect_same("grad_qkv", s.shape(), gradient, gradient2);
            }
        });
    }
}

MHC_TEST(attention_computes_with_scores_that_exp_cannot_take) {
    const AttentionShape s{1, 40, 1, 1, 16};
    Random random(2);
    const Tensor qkv(s.inputs(), random, 30), upstream(s.outputs(), random);
    const Doubles output_expected = output_of(s, qkv.wide()), gradient_expected = gradient_of(s, qkv.wide(), upstream.wide());
    each_isa(MHC_FLOAT32, [&] {
        Tensor output(s.outputs()), gradient(s.inputs());
        forward(s, qkv, output);
        expect_close("output", s.shape(), output, output_expected, 2e-4);
        backward(s, qkv, upstream, gradient);
        expect_close("grad_qkv", s.shape(), gradient, gradient_expected, 2e-4);
    });
}

MHC_TEST(attention_lets_nan_and_infinity_through) {
    each_bad_value([](const Shape &shape, float bad) {
        const AttentionShape s{2, 20, 2, 1, 8, shape.dtype};
        Random random(3);
        Tensor qkv(s.inputs(), random, 1, s.dtype);
        const Tensor upstream(s.outputs(), random, 1, s.dtype);
        qkv.set(s.value(1, 3, 0) + 2, bad);
        Tensor output(s.outputs(), kNaN, s.dtype), gradient(s.inputs(), kNaN, s.dtype);
        forward(s, qkv, output);
        backward(s, qkv, upstream, gradient);
        for (int64_t t = 3; t < s.time; t++) {
            expect(!std::isfinite(output.at(s.result(1, t, 1) + 2)), "%s: output of token %lld", mhc_isa(),
                   static_cast<long long>(t));
            expect(!std::isfinite(gradient.at(s.query(1, t, 1))), "%s: grad_qkv of token %lld", mhc_isa(),
                   static_cast<long long>(t));
        }
        for (int64_t i = 0; i < s.outputs() / 2; i++)
            expect(std::isfinite(output.at(i)), "%s: output[%lld] of the other batch entry", mhc_isa(),
                   static_cast<long long>(i));
    });
}

MHC_TEST(attention_names_the_argument_that_is_wrong) {
    float qkv[64] = {}, upstream[64] = {}, written[64] = {};
    char error[128] = "";
    const auto head = AttentionShape{1, 1, 1, 1, 1}.head();
    const auto forward = sized(mhc_attention_forward_args{.head = head, .qkv = qkv, .output = written});
    const auto backward =
        sized(mhc_attention_backward_args{.head = head, .qkv = qkv, .grad_output = upstream, .grad_qkv = written});
    const auto expect_refused = [&](const char *name, int code) {
        expect(code == MHC_ERROR_ARGUMENT && std::strncmp(error, name, std::strlen(name)) == 0, "%s: code %d: %s", name, code,
               error);
        for (const float value : written)
            expect(value == 0, "%s: has written", name);
    };
    const auto expect_named = [&](const char *name, const auto &spoil) {
        auto a = forward;
        spoil(a);
        expect_refused(name, mhc_attention_forward(&a, error, sizeof error));
        auto b = backward;
        spoil(b);
        expect_refused(name, mhc_attention_backward(&b, error, sizeof error));
    };
    expect_named("dtype", [](auto &a) { a.head.dtype = 2; });
    expect_named("qkv", [](auto &a) { a.qkv = nullptr; });
    expect_named("batch", [](auto &a) { a.head.batch = -1; });
    expect_named("time", [](auto &a) { a.head.time = -1; });
    expect_named("key_heads", [](auto &a) { a.head.key_heads = 0; });
    expect_named("heads", [](auto &a) { a.head.key_heads = 2; });
    expect_named("heads % key_heads", [](auto &a) { a.head.heads = 3, a.head.key_heads = 2; });
    expect_named("width", [](auto &a) { a.head.width = 0; });
    expect_named("batch * time", [](auto &a) { a.head.batch = a.head.time = 1 << 30; });
    expect_named("size", [](auto &a) { a.head.size = 0; });
    expect_named("size", [](auto &a) { a.head.size--; });
    expect_named("size", [](auto &a) { a.head.size++; });
    auto none = forward;
    none.head.batch = 0, none.head.time = 5, none.qkv = nullptr;
    expect(mhc_attention_forward(&none, error, sizeof error) == MHC_OK, "no batch entry: %s", error);
}

MHC_TEST_MAIN
