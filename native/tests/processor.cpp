// Ends a test of one build of the vectors, before any of its code runs, where the processor lacks its instructions.
#include <cstdio>
#include <cstring>
#include <unistd.h>

#define MHC_TEXT(name) #name
#define MHC_NAME(name) MHC_TEXT(name)

namespace {

bool has(const char *build) {
    __builtin_cpu_init();
    if (std::strcmp(build, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (std::strncmp(build, "avx512", 6) != 0)
        return true;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && (std::strcmp(build, "avx512") == 0 || __builtin_cpu_supports("avx512bf16"));
}

// 101 is the first priority that programs may use: before the constructors that list the test cases.
__attribute__((constructor(101))) void check() {
    if (has(MHC_NAME(MHC_NAMESPACE)))
        return;
    std::puts("this processor cannot run the build " MHC_NAME(MHC_NAMESPACE));
    std::fflush(stdout);
    _exit(0);
}

} // namespace
