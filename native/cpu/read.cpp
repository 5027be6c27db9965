// mhc_read_{forward,backward}: h = H_pre x, token by token.
#include "operations.h"
#include "streams.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N>
struct Forward {
    static int run(const ReadForward &a, const Sizes &sizes) {
        const int64_t channels = sizes.channels;
        return parallel(sizes.tokens, (N + 1) * channels, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++)
                mix<N>(a.x + t * N * channels, channels, a.pre + t * N, a.h + t * channels, channels);
        });
    }
};

template <int N>
struct Backward {
    static int run(const ReadBackward &a, const Sizes &sizes) {
        const int64_t channels = sizes.channels;
        return parallel(sizes.tokens, (2 * N + 1) * channels, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++)
                read_gradient<N, true>(a.x + t * N * channels, channels, a.pre + t * N, a.grad_h + t * channels,
                                       a.grad_x + t * N * channels, a.grad_pre + t * N, a.accumulate_x, channels);
        });
    }
};

} // namespace

int read_forward(const ReadForward &arguments, const Sizes &sizes) {
    return by_streams<Forward>(arguments, sizes);
}

int read_backward(const ReadBackward &arguments, const Sizes &sizes) {
    return by_streams<Backward>(arguments, sizes);
}

} // namespace mhc::MHC_NAMESPACE
