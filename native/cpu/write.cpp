// mhc_write_{forward,backward} and mhc_write_backward_y: x' = H_res x + H_post^T y, token by token.
#include "operations.h"
#include "streams.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N>
struct Forward {
    static int run(const WriteForward &a, const Sizes &sizes) {
        const int64_t channels = sizes.channels, row = N * channels;
        return parallel(sizes.tokens, (2 * N + 1) * channels, [&](int64_t begin, int64_t end) {
            const bool past = streamed(a.output, sizes.tokens * N, channels);
            for (int64_t t = begin; t < end; t++) {
                const float *x = a.x + t * row, *y = a.y + t * channels;
                const float *res = a.res + t * N * N, *post = a.post + t * N;
                if (past)
                    write_past<N>(x, channels, x + row, y, res, post, a.output + t * row, nullptr, channels);
                else
                    write<N>(x, channels, y, res, post, a.output + t * row, channels);
            }
            if (past)
                fence();
        });
    }
};

template <int N>
struct Backward {
    static int run(const WriteBackward &a, const Sizes &sizes) {
        const int64_t channels = sizes.channels, row = N * channels;
        return parallel(sizes.tokens, (3 * N + 2) * channels, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++) {
                const float *g = a.grad_output + t * row, *res = a.res + t * N * N, *post = a.post + t * N;
                write_coefficients<N>(g, channels, a.x + t * row, channels, a.y + t * channels, a.grad_res + t * N * N,
                                      a.grad_post + t * N, channels);
                write_gradient<N>(g, res, post, a.grad_y + t * channels, a.grad_x + t * row, a.accumulate_x, channels);
            }
        });
    }
};

template <int N>
struct BackwardY {
    static int run(const WriteBackwardY &a, const Sizes &sizes) {
        const int64_t channels = sizes.channels;
        return parallel(sizes.tokens, (N + 1) * channels, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++)
                mix<N>(a.grad_output + t * N * channels, channels, a.post + t * N, a.grad_y + t * channels, channels);
        });
    }
};

} // namespace

int write_forward(const WriteForward &arguments, const Sizes &sizes) {
    return by_streams<Forward>(arguments, sizes);
}

int write_backward(const WriteBackward &arguments, const Sizes &sizes) {
    return by_streams<Backward>(arguments, sizes);
}

int write_backward_y(const WriteBackwardY &arguments, const Sizes &sizes) {
    return by_streams<BackwardY>(arguments, sizes);
}

} // namespace mhc::MHC_NAMESPACE
