// A parallel_for of a fixed number of threads, with the signature of libtorch's torch_parallel_for.
#pragma once

#include <cstdint>
#include <thread>
#include <vector>

namespace mhc::test {

template <int Threads>
int pool(int64_t begin, int64_t end, int64_t grain, void (*body)(int64_t, int64_t, void *), void *context) {
    const int64_t least = grain < 1 ? 1 : grain;
    int64_t each = (end - begin + Threads - 1) / Threads;
    each = each < least ? least : each;
    std::vector<std::thread> others;
    for (int64_t b = begin + each; b < end; b += each)
        others.emplace_back(body, b, b + each < end ? b + each : end, context);
    body(begin, begin + each < end ? begin + each : end, context);
    for (std::thread &other : others)
        other.join();
    return 0;
}

// Two ranges, of which the first begins when the second has ended: a thread that comes too late.
inline int late_pool(int64_t begin, int64_t end, int64_t, void (*body)(int64_t, int64_t, void *), void *context) {
    const int64_t middle = begin + (end - begin + 1) / 2;
    if (middle < end)
        body(middle, end, context);
    body(begin, middle, context);
    return 0;
}

} // namespace mhc::test
