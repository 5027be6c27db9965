// The C ABI of the product of matrices: checks, then the chosen build's kernel.
#include "call.h"

using mhc::Arguments;
using mhc::call;
using mhc::Kernels;

extern "C" int mhc_multiply(int32_t dtype, const void *left, int32_t left_transposed, const void *right,
                            int32_t right_transposed, int32_t to_dtype, void *to, int32_t accumulate, int64_t rows,
                            int64_t columns, int64_t depth, char *error, size_t error_size) {
    // So that the number of elements of any two of them fits.
    constexpr int64_t most = int64_t{1} << 30;
    Arguments check(error, error_size, 1, 1, dtype);
    check.flag("left_transposed", left_transposed).flag("right_transposed", right_transposed);
    check.range("to_dtype", to_dtype, MHC_FLOAT32, dtype);
    check.range("accumulate", accumulate, 0, to_dtype == MHC_FLOAT32 ? 1 : 0);
    check.range("rows", rows, 0, most).range("columns", columns, 0, most).range("depth", depth, 0, most);
    if (dtype == MHC_BFLOAT16)
        check.range("depth % 2", depth % 2, 0, 0);
    if (check.good()) {
        check.stored("left", left, rows * depth).stored("right", right, depth * columns);
        if (to_dtype == MHC_FLOAT32)
            check.tensor("to", static_cast<const float *>(to), rows * columns);
        else
            check.stored("to", to, rows * columns);
    }
    return call(check, &Kernels::multiply,
                {left, right, to, to_dtype, rows, columns, depth, left_transposed == 1, right_transposed == 1, accumulate == 1},
                error, error_size);
}
