// From the C ABI to the chosen build's kernel.
#pragma once

#include "arguments.h"
#include "selection.h"

namespace mhc {

// A function of the C ABI: `body(check, arguments)` checks arguments of a known size and calls a kernel.
template <class A, class Body>
int checked(const A *arguments, char *error, std::size_t error_size, const Body &body) {
    Arguments check(error, error_size);
    return check.known(arguments) ? body(check, *arguments) : MHC_ERROR_ARGUMENT;
}

// The kernel, where the checks have found nothing.
template <class A>
int call(const Arguments &check, int (*Kernels::*operation)(const A &), const A &arguments) {
    if (!check.good())
        return MHC_ERROR_ARGUMENT;
    const Kernels *kernels = chosen_kernels(check.dtype());
    if (kernels == nullptr)
        return check.fail(MHC_ERROR_UNSUPPORTED, selection_problem());
    const int code = (kernels->*operation)(arguments);
    if (code == MHC_ERROR_MEMORY)
        return check.fail(code, "out of memory for scratch buffers");
    if (code == MHC_ERROR_PARALLEL)
        return check.fail(code, "the parallel_for given to mhc_initialize failed");
    return code;
}

// The parameters of a sublayer's coefficients.
template <class A>
void check_parameters(Arguments &check, const A &a) {
    check.tensor("phi", a.phi, check.width()).tensor("bias", a.bias, 1).tensor("alpha", a.alpha, 1);
}

// The coefficients themselves, and what is kept of them.
template <class A>
void check_coefficients(Arguments &check, const A &a) {
    check.per_token("pre", a.pre, 1).per_token("post", a.post, 1).per_token("res", a.res, 1);
    check.per_token("raw", a.raw, 1).per_token("r", a.r, 1);
}

} // namespace mhc
