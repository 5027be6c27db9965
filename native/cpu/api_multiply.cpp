// The C ABI of the product of matrices: checks, then the chosen build's kernel.
#include "call.h"

using mhc::Arguments;
using mhc::call;
using mhc::Kernels;

extern "C" int mhc_multiply(const float *left, int32_t left_transposed, const float *right, int32_t right_transposed, float *to,
                            int64_t rows, int64_t columns, int64_t depth, char *error, size_t error_size) {
    // So that the number of elements of any two of them fits.
    constexpr int64_t most = int64_t{1} << 30;
    Arguments check(error, error_size, 1, 1);
    check.flag("left_transposed", left_transposed).flag("right_transposed", right_transposed);
    check.range("rows", rows, 0, most).range("columns", columns, 0, most).range("depth", depth, 0, most);
    if (check.good())
        check.tensor("left", left, rows * depth).tensor("right", right, depth * columns).tensor("to", to, rows * columns);
    return call(check, &Kernels::multiply, {left, right, to, rows, columns, depth, left_transposed == 1, right_transposed == 1},
                error, error_size);
}
