// mhc_write_{forward,backward} and mhc_write_backward_y: x' = H_res x + H_post^T y, token by token.
#include "operations.h"
#include "streams.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N, class T>
struct Forward {
    static int run(const mhc_write_forward_args &a) {
        const int64_t channels = a.head.channels, row = N * channels;
        T *outputs = static_cast<T *>(a.output);
        return parallel(a.head.tokens, (2 * N + 1) * channels, [&](int64_t begin, int64_t end) {
            const bool past = streamed(outputs, a.head.tokens * N, channels);
            for (int64_t t = begin; t < end; t++) {
                const T *x = static_cast<const T *>(a.x) + t * row, *y = static_cast<const T *>(a.y) + t * channels;
                const float *res = a.res + t * N * N, *post = a.post + t * N;
                T *output = outputs + t * row;
                if (past)
                    write_past<N, T>(x, channels, x + row, y, res, post, output, channels);
                else
                    write<N>(x, channels, y, res, post, output, channels);
            }
            if (past)
                fence();
        });
    }
};

template <int N, class T>
struct Backward {
    static int run(const mhc_write_backward_args &a) {
        const int64_t channels = a.head.channels, row = N * channels;
        return parallel(a.head.tokens, (3 * N + 2) * channels, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++) {
                const T *g = static_cast<const T *>(a.grad_output) + t * row, *x = static_cast<const T *>(a.x) + t * row;
                const T *y = static_cast<const T *>(a.y) + t * channels;
                T *grad_y = static_cast<T *>(a.grad_y) + t * channels, *grad_x = static_cast<T *>(a.grad_x) + t * row;
                const float *res = a.res + t * N * N, *post = a.post + t * N;
                write_coefficients<N>(g, channels, x, channels, y, a.grad_res + t * N * N, a.grad_post + t * N, channels);
                write_gradient<N>(g, res, post, grad_y, grad_x, a.accumulate_x != 0, channels);
            }
        });
    }
};

template <int N, class T>
struct BackwardY {
    static int run(const mhc_write_backward_y_args &a) {
        const int64_t channels = a.head.channels;
        const T *g = static_cast<const T *>(a.grad_output);
        T *grad_y = static_cast<T *>(a.grad_y);
        return parallel(a.head.tokens, (N + 1) * channels, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++)
                mix<N>(g + t * N * channels, channels, a.post + t * N, grad_y + t * channels, channels,
                       g + (t + 1) * N * channels);
        });
    }
};

} // namespace

int write_forward(const mhc_write_forward_args &arguments) {
    return by_streams<Forward>(arguments);
}

int write_backward(const mhc_write_backward_args &arguments) {
    return by_streams<Backward>(arguments);
}

int write_backward_y(const mhc_write_backward_y_args &arguments) {
    return by_streams<BackwardY>(arguments);
}

} // namespace mhc::MHC_NAMESPACE
