// mhc_finish_{forward,backward}: the write step of the last sublayer, the sum of the new streams and the final norm in one, so
// that the last streams never exist: sum_i x'[i] = sum_j (sum_i res[i, j]) x[j] + (sum_i post[i]) y.
#include "norm.h"
#include "operations.h"
#include "reduction.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N>
MHC_INLINE float total_of(const float *values, int stride) {
    float total = values[0];
    for (int i = 1; i < N; i++)
        total += values[i * stride];
    return total;
}

template <int N, class T>
struct Forward {
    static int run(const mhc_finish_forward_args &a) {
        const int64_t channels = a.head.channels;
        return parallel(a.head.tokens, (N + 3) * channels, [&](int64_t begin, int64_t end) {
            const Streams<T> x = Streams<T>::of(a.x, a.x_replicated != 0, N, channels);
            for (int64_t t = begin; t < end; t++) {
                Vec weights[N];
                for (int j = 0; j < N; j++)
                    weights[j] = splat(total_of<N>(a.res + t * N * N + j, N));
                const Vec gate = splat(total_of<N>(a.post + t * N, 1));
                const T *y = static_cast<const T *>(a.y) + t * channels;
                T *total = static_cast<T *>(a.total) + t * channels;
                const T *from = x.row(t, 0);
                each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
                    Vec value = gate * load(y + c, lanes);
#pragma GCC unroll 8
                    for (int j = 0; j < N; j++)
                        value = fma(weights[j], load(from + j * x.stream + c, lanes), value);
                    store(total + c, value, lanes);
                });
                norm(total, a.norm, a.epsilon, static_cast<T *>(a.output) + t * channels, channels);
            }
        });
    }
};

template <int N, class T>
struct Backward {
    static int run(const mhc_finish_backward_args &a) {
        const int64_t channels = a.head.channels;
        const T *totals = static_cast<const T *>(a.total), *grad_output = static_cast<const T *>(a.grad_output);
        T *grad_total = static_cast<T *>(a.grad_total), *grad_y = static_cast<T *>(a.grad_y);
        const Chunks chunks = Chunks::of(a.head.tokens, channels + 1);
        float *partials = static_cast<float *>(scratch(Buffer::partials, sizeof(float) * channels * chunks.count));
        if (partials == nullptr)
            return MHC_ERROR_MEMORY;
        const int code = parallel(chunks.count, chunks.tokens * channels * 4, [&](int64_t begin, int64_t end) {
            for (int64_t chunk = begin; chunk < end; chunk++) {
                float *grad_norm = partials + chunk * channels;
                for (int64_t c = 0; c < channels; c++)
                    grad_norm[c] = 0.0f;
                const int64_t last = (chunk + 1) * chunks.tokens < a.head.tokens ? (chunk + 1) * chunks.tokens : a.head.tokens;
                for (int64_t t = chunk * chunks.tokens; t < last; t++) {
                    const int64_t at = t * channels;
                    const Vec gate = splat(total_of<N>(a.post + t * N, 1));
                    norm_gradient(totals + at, a.norm, a.epsilon, grad_output + at, grad_total + at, grad_norm, channels);
                    each_block(channels, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
                        store(grad_y + at + c, gate * load(grad_total + at + c, lanes), lanes);
                    });
                }
            }
        });
        for (int64_t c = 0; c < channels; c++) {
            a.grad_norm[c] = 0.0f;
            for (int64_t chunk = 0; chunk < chunks.count; chunk++)
                a.grad_norm[c] += partials[chunk * channels + c];
        }
        return code;
    }
};

} // namespace

int finish_forward(const mhc_finish_forward_args &arguments) {
    return by_streams<Forward>(arguments);
}

int finish_backward(const mhc_finish_backward_args &arguments) {
    return by_streams<Backward>(arguments);
}

} // namespace mhc::MHC_NAMESPACE
