// From run-time sizes to compile-time ones, and from loops to the pool.
#pragma once

#include "kernels.h"
#include "runtime.h"
#include "simd.h"

namespace mhc::MHC_NAMESPACE {

// Ranges shorter than this many floats are not worth another thread.
constexpr int64_t kGrainFloats = 16384;

template <class F>
int parallel(int64_t count, int64_t floats_each, const F &body) {
    const int64_t grain = floats_each >= kGrainFloats ? 1 : kGrainFloats / (floats_each + 1) + 1;
    return run_parallel(
        count, grain, [](int64_t begin, int64_t end, void *context) { (*static_cast<const F *>(context))(begin, end); },
        const_cast<F *>(&body));
}

// Calls Operation<n>::run(arguments, sizes).
template <template <int> class Operation, class Arguments>
int by_streams(const Arguments &arguments, const Sizes &sizes) {
    switch (sizes.n) {
    case 1:
        return Operation<1>::run(arguments, sizes);
    case 2:
        return Operation<2>::run(arguments, sizes);
    case 3:
        return Operation<3>::run(arguments, sizes);
    case 4:
        return Operation<4>::run(arguments, sizes);
    case 5:
        return Operation<5>::run(arguments, sizes);
    case 6:
        return Operation<6>::run(arguments, sizes);
    case 7:
        return Operation<7>::run(arguments, sizes);
    default:
        return Operation<8>::run(arguments, sizes);
    }
}

} // namespace mhc::MHC_NAMESPACE
