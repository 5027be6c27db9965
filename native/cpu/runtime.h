// What the kernels need from the process: the parallel loop and scratch memory. Compiled once, for the plain processor.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mhc {

using Body = void (*)(int64_t begin, int64_t end, void *context);

// Runs body over [0, count) on the chosen pool, in ranges of about `grain` at least. Which thread has which is open. Returns
// MHC_OK or MHC_ERROR_PARALLEL.
int run_parallel(int64_t count, int64_t grain, Body body, void *context);

// Buffers of a thread; two that are in use at once must be different ones.
enum class Buffer { packed, partials, iterations, rows, streams, sums, count };

// At least `bytes` bytes aligned to 64, the same memory at each call on this thread; null if there is no memory.
void *scratch(Buffer which, std::size_t bytes);

} // namespace mhc
