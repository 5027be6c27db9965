// mhc_read_{forward,backward}: h = H_pre x, token by token.
#include "operations.h"
#include "streams.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N, class T>
struct Forward {
    static int run(const mhc_read_forward_args &a) {
        const int64_t channels = a.head.channels;
        const T *x = static_cast<const T *>(a.x);
        T *h = static_cast<T *>(a.h);
        return parallel(a.head.tokens, (N + 1) * channels, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++)
                mix<N>(x + t * N * channels, channels, a.pre + t * N, h + t * channels, channels, x + (t + 1) * N * channels);
        });
    }
};

template <int N, class T>
struct Backward {
    static int run(const mhc_read_backward_args &a) {
        const int64_t channels = a.head.channels, row = N * channels;
        const T *x = static_cast<const T *>(a.x), *grad_h = static_cast<const T *>(a.grad_h);
        T *grad_x = static_cast<T *>(a.grad_x);
        return parallel(a.head.tokens, (2 * N + 1) * channels, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++) {
                read_coefficients<N>(x + t * row, channels, grad_h + t * channels, a.grad_pre + t * N, channels);
                read_gradient<N>(a.pre + t * N, grad_h + t * channels, grad_x + t * row, a.accumulate_x != 0, channels);
            }
        });
    }
};

} // namespace

int read_forward(const mhc_read_forward_args &arguments) {
    return by_streams<Forward>(arguments);
}

int read_backward(const mhc_read_backward_args &arguments) {
    return by_streams<Backward>(arguments);
}

} // namespace mhc::MHC_NAMESPACE
