#include "runtime.h"

#include "mhc.h"
#include "selection.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>

namespace mhc {
namespace {

struct Release {
    void *memory = nullptr;
    std::size_t bytes = 0;

    ~Release() { std::free(memory); }
};

constexpr int64_t kMostShares = 64;

// A loop cut into shares. A thread does most of its range at once, the rest share by share, and then what other threads have
// not begun: one that is held up, by the machine's other work or because it came later, does less.
struct Shares {
    Body body;
    void *context;
    int64_t count, shares;
    std::array<std::atomic<bool>, kMostShares> begun{};

    // The body of the pool's loop over the shares.
    static void take(int64_t begin, int64_t end, void *context) {
        auto &all = *static_cast<Shares *>(context);
        const int64_t rest = end - (end - begin) / 8;
        for (int64_t share = begin; share < rest; share++) {
            const int64_t first = share;
            while (share < rest && all.claim(share))
                share++;
            if (share > first)
                all.run(first, share);
        }
        for (int64_t share = rest; share < end; share++)
            all.run_alone(share);
        for (int64_t share = all.shares - 1; share >= 0; share--)
            all.run_alone(share);
    }

    bool claim(int64_t share) { return !begun[share].exchange(true, std::memory_order_relaxed); }
    void run(int64_t first, int64_t last) const { body(count * first / shares, count * last / shares, context); }

    void run_alone(int64_t share) {
        if (claim(share))
            run(share, share + 1);
    }
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
    Shares all{body, context, count, std::min(std::max(count / grain, int64_t{2}), kMostShares)};
    return loop(0, all.shares, 1, Shares::take, &all) == 0 ? MHC_OK : MHC_ERROR_PARALLEL;
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
