#include "fixture.h"

using namespace mhc::test;

namespace {

struct Sizes {
    int64_t rows, columns, depth;
    bool left_transposed, right_transposed;

    Shape shape() const { return {rows, left_transposed + 2 * right_transposed, columns}; }
};

std::vector<double> product(const Sizes &c, const Tensor &left, const Tensor &right) {
    std::vector<double> to(c.rows * c.columns);
    for (int64_t i = 0; i < c.rows; i++)
        for (int64_t k = 0; k < c.depth; k++)
            for (int64_t j = 0; j < c.columns; j++)
                to[i * c.columns + j] += static_cast<double>(left[c.left_transposed ? k * c.rows + i : i * c.depth + k]) *
                                         right[c.right_transposed ? j * c.depth + k : k * c.columns + j];
    return to;
}

void multiply(const Sizes &c, const Tensor &left, const Tensor &right, Tensor &to) {
    char error[128] = "";
    expect_ok(
        mhc_multiply(left, c.left_transposed, right, c.right_transposed, to, c.rows, c.columns, c.depth, error, sizeof error),
        error);
}

// Sizes around those of a tile, a panel and a block of every build.
std::vector<Sizes> cases_of_all_layouts() {
    std::vector<Sizes> all;
    for (const bool left : {false, true})
        for (const bool right : {false, true}) {
            for (const int64_t rows : {1, 6, 15, 28})
                for (const int64_t columns : {1, 8, 32, 51})
                    for (const int64_t depth : {1, 17, 40})
                        all.push_back({rows, columns, depth, left, right});
            all.insert(all.end(), {{3, 35, 1030, left, right}, {15, 2100, 5, left, right}, {250, 33, 20, left, right}});
        }
    return all;
}

} // namespace

MHC_TEST(multiply_matches_float64_for_all_sizes_and_layouts) {
    for (const Sizes &c : cases_of_all_layouts()) {
        Random random(c.shape().seed() + c.depth);
        const Tensor left(c.rows * c.depth, random), right(c.depth * c.columns, random);
        const std::vector<double> expected = product(c, left, right);
        each_isa(MHC_FLOAT32, [&] {
            Tensor to(c.rows * c.columns);
            multiply(c, left, right, to);
            expect_close("product", c.shape(), to, expected);
        });
    }
}

MHC_TEST(multiply_gives_the_same_bits_with_two_and_three_threads) {
    for (const bool transposed : {false, true}) {
        const Sizes c{150, 70, 530, transposed, transposed};
        Random random(1);
        const Tensor left(c.rows * c.depth, random), right(c.depth * c.columns, random);
        each_isa(MHC_FLOAT32, [&] {
            Tensor to(c.rows * c.columns);
            multiply(c, left, right, to);
            for (const mhc_parallel_for loop : {pool<2>, pool<3>}) {
                Tensor to2(c.rows * c.columns);
                mhc_initialize(loop, nullptr, 0);
                multiply(c, left, right, to2);
                expect_same("product", c.shape(), to, to2);
            }
        });
    }
}

MHC_TEST(multiply_over_no_depth_gives_zeros_and_no_rows_nothing) {
    each_isa(MHC_FLOAT32, [] {
        const Tensor none(0);
        Tensor to(35);
        multiply({5, 7, 0, false, true}, none, none, to);
        for (int64_t i = 0; i < to.size(); i++)
            expect(to[i] == 0, "%s: to[%lld] = %g", mhc_isa(), static_cast<long long>(i), to[i]);
        Tensor nothing(0);
        multiply({0, 7, 5, false, false}, none, to, nothing);
    });
}

MHC_TEST(multiply_keeps_nan_and_infinity_to_their_row) {
    each_isa(MHC_FLOAT32, [] {
        for (const float bad : {kNaN, kInfinity}) {
            const Sizes c{20, 40, 30, false, true};
            Random random(2);
            Tensor left(c.rows * c.depth, random);
            const Tensor right(c.depth * c.columns, random);
            left.set(3 * c.depth + 7, bad);
            Tensor to(c.rows * c.columns);
            multiply(c, left, right, to);
            for (int64_t i = 0; i < to.size(); i++)
                expect(std::isfinite(to[i]) == (i / c.columns != 3), "%s: to[%lld] = %g", mhc_isa(), static_cast<long long>(i),
                       to[i]);
        }
    });
}

MHC_TEST(multiply_names_the_argument_that_is_wrong) {
    char error[128] = "";
    float values[4] = {};
    const auto expect_named = [&](const char *name, int code) {
        expect(code == MHC_ERROR_ARGUMENT && std::strncmp(error, name, std::strlen(name)) == 0, "%s: code %d: %s", name, code,
               error);
    };
    expect_named("left_transposed", mhc_multiply(values, 2, values, 0, values, 2, 2, 1, error, sizeof error));
    expect_named("right_transposed", mhc_multiply(values, 0, values, -1, values, 2, 2, 1, error, sizeof error));
    expect_named("rows", mhc_multiply(values, 0, values, 0, values, -2, 2, 1, error, sizeof error));
    expect_named("columns", mhc_multiply(values, 0, values, 0, values, 2, int64_t{1} << 31, 1, error, sizeof error));
    expect_named("depth", mhc_multiply(values, 0, values, 0, values, 2, 2, -1, error, sizeof error));
    expect_named("left", mhc_multiply(nullptr, 0, values, 0, values, 2, 2, 1, error, sizeof error));
    expect_named("right", mhc_multiply(values, 0, nullptr, 0, values, 2, 2, 1, error, sizeof error));
    expect_named("to", mhc_multiply(values, 0, values, 0, nullptr, 2, 2, 1, error, sizeof error));
}

MHC_TEST_MAIN
