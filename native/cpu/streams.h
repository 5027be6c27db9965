// From run-time sizes to compile-time ones, and from loops to the pool.
#pragma once

#include "bf16.h"
#include "kernels.h"
#include "mhc.h"
#include "runtime.h"

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

template <int N>
struct Count {
    static constexpr int value = N;
};

// Calls run(Count<n>{}).
template <class F>
int by_count(int n, const F &run) {
    switch (n) {
    case 1:
        return run(Count<1>{});
    case 2:
        return run(Count<2>{});
    case 3:
        return run(Count<3>{});
    case 4:
        return run(Count<4>{});
    case 5:
        return run(Count<5>{});
    case 6:
        return run(Count<6>{});
    case 7:
        return run(Count<7>{});
    default:
        static_assert(MHC_MAX_STREAMS == 8);
        return run(Count<8>{});
    }
}

// Calls Operation<n, element type>::run(arguments).
template <template <int, class> class Operation, class Arguments>
int by_streams(const Arguments &arguments) {
    return by_count(arguments.head.n, [&](auto n) {
#ifndef MHC_ONLY_BF16
        if (arguments.head.dtype == MHC_FLOAT32)
            return Operation<decltype(n)::value, float>::run(arguments);
#endif
        return Operation<decltype(n)::value, Bf16>::run(arguments);
    });
}

} // namespace mhc::MHC_NAMESPACE
