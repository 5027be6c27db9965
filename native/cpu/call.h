// From the C ABI to the chosen build's kernel.
#pragma once

#include "arguments.h"
#include "selection.h"

namespace mhc {

template <class A>
int call(const Arguments &check, int (*Kernels::*operation)(const A &, const Sizes &), const A &arguments, char *error,
         size_t error_size) {
    if (!check.good())
        return MHC_ERROR_ARGUMENT;
    const Kernels *kernels = chosen_kernels(check.sizes().dtype);
    if (kernels == nullptr)
        return fail(MHC_ERROR_UNSUPPORTED, error, error_size, "%s", selection_problem());
    const int code = (kernels->*operation)(arguments, check.sizes());
    if (code == MHC_ERROR_MEMORY)
        return fail(code, error, error_size, "out of memory for scratch buffers");
    if (code == MHC_ERROR_PARALLEL)
        return fail(code, error, error_size, "the parallel_for given to mhc_initialize failed");
    return code;
}

} // namespace mhc
