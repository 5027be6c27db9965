#include "fixture.h"

using namespace mhc::test;

namespace {

struct Sizes {
    int64_t rows, columns, depth;
    bool left_transposed, right_transposed;
    int dtype = MHC_FLOAT32, to_dtype = MHC_FLOAT32;

    Shape shape() const { return {rows, left_transposed + 2 * right_transposed, columns, dtype}; }
};

std::vector<double> product(const Sizes &c, const Tensor &left, const Tensor &right) {
    std::vector<double> to(c.rows * c.columns);
    for (int64_t i = 0; i < c.rows; i++)
        for (int64_t k = 0; k < c.depth; k++)
            for (int64_t j = 0; j < c.columns; j++)
                to[i * c.columns + j] += static_cast<double>(left.at(c.left_transposed ? k * c.rows + i : i * c.depth + k)) *
                                         right.at(c.right_transposed ? j * c.depth + k : k * c.columns + j);
    return to;
}

void multiply(const Sizes &c, const Tensor &left, const Tensor &right, Tensor &to, bool accumulate = false) {
    compute(mhc_multiply, {.dtype = c.dtype,
                           .rows = c.rows,
                           .columns = c.columns,
                           .depth = c.depth,
                           .left = left,
                           .right = right,
                           .to = to,
                           .to_dtype = c.to_dtype,
                           .left_transposed = c.left_transposed,
                           .right_transposed = c.right_transposed,
                           .accumulate = accumulate});
}

// Sizes around those of a tile, a panel and a block of every build, in each type and layout.
std::vector<Sizes> all_sizes() {
    std::vector<Sizes> all;
    const auto add = [&](int64_t rows, int64_t columns, int64_t depth) {
        for (const bool left : {false, true})
            for (const bool right : {false, true}) {
                all.push_back({rows, columns, depth, left, right});
                for (const int to_dtype : {MHC_FLOAT32, MHC_BFLOAT16})
                    all.push_back({rows, columns, depth + depth % 2, left, right, MHC_BFLOAT16, to_dtype});
            }
    };
    for (const int64_t rows : {1, 6, 15, 28})
        for (const int64_t columns : {1, 8, 32, 51})
            for (const int64_t depth : {1, 17, 40})
                add(rows, columns, depth);
    add(3, 35, 2090);
    add(15, 1100, 5);
    add(250, 33, 20);
    return all;
}

} // namespace

MHC_TEST(multiply_matches_float64_for_all_sizes_types_and_layouts) {
    for (const Sizes &c : all_sizes()) {
        Random random(c.shape().seed() + c.depth);
        const Tensor left(c.rows * c.depth, random, 1, c.dtype), right(c.depth * c.columns, random, 1, c.dtype);
        const std::vector<double> expected = product(c, left, right);
        each_isa(c.dtype, [&] {
            Tensor to(c.rows * c.columns, kNaN, c.to_dtype);
            multiply(c, left, right, to);
            expect_close("product", c.shape(), to, expected);
        });
    }
}

MHC_TEST(multiply_adds_to_what_is_there_where_it_is_told_to) {
    for (const Sizes &c : all_sizes()) {
        if (c.to_dtype != MHC_FLOAT32)
            continue;
        Random random(c.shape().seed() + c.depth);
        const Tensor left(c.rows * c.depth, random, 1, c.dtype), right(c.depth * c.columns, random, 1, c.dtype);
        std::vector<double> expected = product(c, left, right);
        for (double &value : expected)
            value += 3;
        each_isa(c.dtype, [&] {
            Tensor to(c.rows * c.columns, 3);
            multiply(c, left, right, to, true);
            expect_close("sum", c.shape(), to, expected);
        });
    }
}

MHC_TEST(multiply_does_every_part_once_and_gives_the_same_bits_with_two_and_three_threads) {
    for (const auto &[dtype, depth] : {std::pair{MHC_FLOAT32, 530}, {MHC_BFLOAT16, 530}, {MHC_BFLOAT16, 1030}})
        for (const bool transposed : {false, true}) {
            const Sizes c{150, 70, depth, transposed, transposed, dtype, dtype};
            Random random(1);
            const Tensor left(c.rows * c.depth, random, 1, dtype), right(c.depth * c.columns, random, 1, dtype);
            each_isa(dtype, [&] {
                const bool accumulate = dtype == MHC_FLOAT32;
                Tensor to(c.rows * c.columns, 1, dtype);
                multiply(c, left, right, to, accumulate);
                for (const mhc_parallel_for loop : {pool<2>, pool<3>, late_pool}) {
                    Tensor to2(c.rows * c.columns, 1, dtype);
                    mhc_initialize(loop, nullptr, 0);
                    multiply(c, left, right, to2, accumulate);
                    expect_same("product", c.shape(), to, to2);
                }
            });
        }
}

MHC_TEST(multiply_over_no_depth_gives_zeros_and_no_rows_nothing) {
    for (const int dtype : {MHC_FLOAT32, MHC_BFLOAT16})
        each_isa(dtype, [&] {
            const Tensor none(0, kNaN, dtype);
            Tensor to(35, kNaN, dtype);
            multiply({5, 7, 0, false, true, dtype, dtype}, none, none, to);
            for (int64_t i = 0; i < to.size(); i++)
                expect(to.at(i) == 0, "%s: to[%lld] = %g", mhc_isa(), static_cast<long long>(i), to.at(i));
            const Tensor right(6 * 7, 1, dtype);
            Tensor nothing(0, kNaN, dtype);
            multiply({0, 7, 6, false, false, dtype, dtype}, none, right, nothing);
        });
}

MHC_TEST(multiply_keeps_nan_and_infinity_to_their_row) {
    each_bad_value([](const Shape &shape, float bad) {
        const Sizes c{20, 40, 30, false, true, shape.dtype, shape.dtype};
        Random random(2);
        Tensor left(c.rows * c.depth, random, 1, c.dtype);
        const Tensor right(c.depth * c.columns, random, 1, c.dtype);
        left.set(3 * c.depth + 7, bad);
        Tensor to(c.rows * c.columns, kNaN, c.dtype);
        multiply(c, left, right, to);
        for (int64_t i = 0; i < to.size(); i++)
            expect(std::isfinite(to.at(i)) == (i / c.columns != 3), "%s: to[%lld] = %g", mhc_isa(), static_cast<long long>(i),
                   to.at(i));
    });
}

MHC_TEST(multiply_names_the_argument_that_is_wrong) {
    float left[4] = {1, 1, 1, 1}, right[4] = {1, 1, 1, 1}, to[4] = {};
    const auto expect_named = [&](const char *name, void (*spoil)(mhc_multiply_args &)) {
        auto a = sized(mhc_multiply_args{.rows = 2, .columns = 2, .depth = 1, .left = left, .right = right, .to = to});
        spoil(a);
        char error[128] = "";
        const int code = mhc_multiply(&a, error, sizeof error);
        expect(code == MHC_ERROR_ARGUMENT && std::strncmp(error, name, std::strlen(name)) == 0, "%s: code %d: %s", name, code,
               error);
        for (const float value : to)
            expect(value == 0, "%s: has written", name);
    };
    expect_named("dtype", [](auto &a) { a.dtype = 2; });
    expect_named("left_transposed", [](auto &a) { a.left_transposed = 2; });
    expect_named("right_transposed", [](auto &a) { a.right_transposed = -1; });
    expect_named("to_dtype", [](auto &a) { a.to_dtype = 1; });
    expect_named("accumulate", [](auto &a) { a.accumulate = 2; });
    // A bfloat16 is rounded once.
    expect_named("accumulate", [](auto &a) { a.dtype = a.to_dtype = a.accumulate = 1, a.depth = 2; });
    expect_named("rows", [](auto &a) { a.rows = -2; });
    expect_named("columns", [](auto &a) { a.columns = int64_t{1} << 31; });
    expect_named("depth", [](auto &a) { a.depth = -1; });
    expect_named("depth % 2", [](auto &a) { a.dtype = 1; });
    expect_named("left", [](auto &a) { a.left = nullptr; });
    expect_named("right", [](auto &a) { a.right = nullptr; });
    expect_named("to", [](auto &a) { a.to = nullptr; });
    expect_named("size", [](auto &a) { a.size = 0; });
    expect_named("size", [](auto &a) { a.size--; });
    expect_named("size", [](auto &a) { a.size++; });
}

MHC_TEST_MAIN
