#include "selection.h"

#include "failure.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace mhc {

#define MHC_DECLARE(name)                                                                                                      \
    namespace name {                                                                                                           \
    extern const Kernels kKernels;                                                                                             \
    }
MHC_DECLARE(avx512_bf16)
MHC_DECLARE(avx512)
MHC_DECLARE(avx2)
MHC_DECLARE(plain)
#ifdef MHC_EMULATED
MHC_DECLARE(emulated)
#endif
#undef MHC_DECLARE

namespace {

bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw");
}

bool has_avx512_bf16() {
    return has_avx512() && __builtin_cpu_supports("avx512bf16");
}

bool has_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool always() {
    return true;
}

struct Build {
    const Kernels *float32, *bf16; // the latter has the build's name
    bool (*supported)();
};

// Best first. The emulated build, of tests only, has AVX-512's sixteen lanes without its instructions.
const Build kBuilds[] = {
    {&avx512::kKernels, &avx512_bf16::kKernels, has_avx512_bf16},
    {&avx512::kKernels, &avx512::kKernels, has_avx512},
    {&avx2::kKernels, &avx2::kKernels, has_avx2},
    {&plain::kKernels, &plain::kKernels, always},
#ifdef MHC_EMULATED
    {&emulated::kKernels, &emulated::kKernels, always},
#endif
};

enum class Problem { none, unknown, unsupported };

struct Choice {
    const Build *build;
    Problem problem;
};

Choice choose() {
    const char *wanted = std::getenv("MHC_ISA");
    const bool any = wanted == nullptr || *wanted == '\0';
    for (const Build &build : kBuilds) {
        if (!any && std::strcmp(wanted, build.bf16->name) != 0)
            continue;
        if (build.supported())
            return {&build, Problem::none};
        if (!any)
            return {nullptr, Problem::unsupported};
    }
    return {nullptr, Problem::unknown};
}

std::atomic<const Build *> build_in_use{nullptr};
std::atomic<mhc_parallel_for> loop_in_use{nullptr};

const Build *chosen_build() {
    const Build *build = build_in_use.load(std::memory_order_acquire);
    if (build == nullptr) {
        build = choose().build;
        build_in_use.store(build, std::memory_order_release);
    }
    return build;
}

} // namespace

const Kernels *chosen_kernels(int dtype) {
    const Build *build = chosen_build();
    return build == nullptr ? nullptr : dtype == MHC_BFLOAT16 ? build->bf16 : build->float32;
}

mhc_parallel_for chosen_loop() {
    return loop_in_use.load(std::memory_order_acquire);
}

const char *selection_problem() {
    switch (choose().problem) {
    case Problem::unknown:
        return "MHC_ISA: expected avx512_bf16, avx512, avx2 or plain";
    case Problem::unsupported:
        return "MHC_ISA: this processor does not have the instruction set that it names";
    default:
        return nullptr;
    }
}

} // namespace mhc

extern "C" int mhc_initialize(mhc_parallel_for parallel_for, char *error, size_t error_size) {
    const mhc::Choice choice = mhc::choose();
    mhc::build_in_use.store(choice.build, std::memory_order_release);
    mhc::loop_in_use.store(parallel_for, std::memory_order_release);
    if (choice.build != nullptr)
        return MHC_OK;
    const char *wanted = std::getenv("MHC_ISA");
    return mhc::fail(MHC_ERROR_UNSUPPORTED, error, error_size, "%s, got '%s'", mhc::selection_problem(),
                     wanted == nullptr ? "" : wanted);
}

extern "C" const char *mhc_isa(void) {
    const mhc::Kernels *kernels = mhc::chosen_kernels(MHC_BFLOAT16);
    return kernels == nullptr ? nullptr : kernels->name;
}

extern "C" const char *mhc_version(void) {
    return MHC_VERSION;
}
