// The C ABI of the product of matrices: checks, then the chosen build's kernel.
#include "call.h"

using mhc::Arguments;
using mhc::call;
using mhc::Kernels;

extern "C" int mhc_multiply(const mhc_multiply_args *arguments, char *error, size_t error_size) {
    return mhc::checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        // So that the number of elements of any two of them fits.
        constexpr int64_t most = int64_t{1} << 30;
        check.dtype(a.dtype).flag("left_transposed", a.left_transposed).flag("right_transposed", a.right_transposed);
        check.range("to_dtype", a.to_dtype, MHC_FLOAT32, a.dtype);
        check.range("accumulate", a.accumulate, 0, a.to_dtype == MHC_FLOAT32 ? 1 : 0);
        check.range("rows", a.rows, 0, most).range("columns", a.columns, 0, most).range("depth", a.depth, 0, most);
        if (a.dtype == MHC_BFLOAT16)
            check.range("depth % 2", a.depth % 2, 0, 0);
        if (check.good()) {
            check.stored("left", a.left, a.rows * a.depth).stored("right", a.right, a.depth * a.columns);
            if (a.to_dtype == MHC_FLOAT32)
                check.tensor("to", static_cast<const float *>(a.to), a.rows * a.columns);
            else
                check.stored("to", a.to, a.rows * a.columns);
        }
        return call(check, &Kernels::multiply, a);
    });
}
