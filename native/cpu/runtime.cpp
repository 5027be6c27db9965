#include "runtime.h"

#include "mhc.h"
#include "selection.h"

#include <array>
#include <cstdlib>

namespace mhc {
namespace {

struct Release {
    void *memory = nullptr;
    std::size_t bytes = 0;

    ~Release() { std::free(memory); }
};

thread_local std::array<Release, static_cast<std::size_t>(Buffer::count)> buffers;

} // namespace

int run_parallel(int64_t count, int64_t grain, Body body, void *context) {
    if (count <= 0)
        return MHC_OK;
    const mhc_parallel_for loop = chosen_loop();
    if (loop == nullptr || count <= grain) {
        body(0, count, context);
        return MHC_OK;
    }
    return loop(0, count, grain, body, context) == 0 ? MHC_OK : MHC_ERROR_PARALLEL;
}

void *scratch(Buffer which, std::size_t bytes) {
    Release &buffer = buffers[static_cast<std::size_t>(which)];
    if (buffer.bytes < bytes || buffer.memory == nullptr) {
        std::free(buffer.memory);
        const std::size_t rounded = (bytes + 63) / 64 * 64 + 64;
        buffer.memory = std::aligned_alloc(64, rounded);
        buffer.bytes = buffer.memory == nullptr ? 0 : rounded;
    }
    return buffer.memory;
}

} // namespace mhc
