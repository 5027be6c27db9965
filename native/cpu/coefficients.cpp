// mhc_coefficients_forward, mhc_enter_forward and mhc_connect_forward, tile by tile of tokens: the write step of the sublayer
// before makes the streams, which are projected, turned into coefficients, read and normed while they are in the cache.
#include "coefficients_tile.h"

#include "mhc.h"
#include "norm.h"
#include "operations.h"
#include "streams.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N, class T>
struct Forward {
    using M = Coefficients<N>;

    // The new streams of a tile, into `kept` where it is not null.
    static Streams<T> write_tile(const mhc_connect_forward_args &a, int64_t first, int count, T *kept) {
        const int64_t channels = a.head.channels, depth = N * channels;
        const Streams<T> x = Streams<T>::of(a.x, a.x_replicated != 0, N, channels).from(first);
        if (a.y == nullptr)
            return x;
        T *to = kept != nullptr ? kept : static_cast<T *>(a.x_next) + first * depth;
        for (int t = 0; t < count; t++)
            write<N>(x.row(t, 0), x.stream, static_cast<const T *>(a.y) + (first + t) * channels,
                     a.res_before + (first + t) * N * N, a.post_before + (first + t) * N, to + t * depth, channels);
        return Streams<T>::of(to, false, N, channels);
    }

    // row: [C]
    static void tile(const mhc_connect_forward_args &a, const Factor<T> *phi, int64_t first, int count, T *kept, float *row) {
        const int64_t channels = a.head.channels, depth = N * channels;
        const Streams<T> x = write_tile(a, first, count, kept);
        const Streams<T> next = Streams<T>::of(a.x, a.x_replicated != 0, N, channels).from(first + kTile);
        T *past = kept != nullptr ? static_cast<T *>(a.x_next) + first * depth : nullptr;
        for (int t = 0; t < count; t += kLanes) {
            const int now = smaller(count - t, kLanes);
            const int64_t at = first + t;
            Vec products[M::count], squares;
            project<N>(x.from(t), next.from(t), past != nullptr ? past + t * depth : nullptr, channels, phi, now, products,
                       squares);
            activate<N>(products, squares, a.bias, a.alpha, now, a.head.iterations, depth, a.r + at, a.raw + at * M::count,
                        a.pre + at * N, a.post + at * N, a.res + at * N * N);
        }
        if (a.h == nullptr)
            return;
        for (int t = 0; t < count; t++) {
            T *h = static_cast<T *>(a.h) + (first + t) * channels;
            const float *pre = a.pre + (first + t) * N;
            if (a.norm != nullptr) {
                mix<N>(x.row(t, 0), x.stream, pre, row, channels);
                norm(row, a.norm, a.epsilon, h, channels);
            } else {
                mix<N>(x.row(t, 0), x.stream, pre, h, channels);
            }
        }
    }

    static int run(const mhc_connect_forward_args &a) {
        const int64_t depth = N * a.head.channels, tiles = (a.head.tokens + kTile - 1) / kTile;
        const bool past = a.y != nullptr && streamed(static_cast<T *>(a.x_next), a.head.tokens * N, a.head.channels);
        const Factor<T> *phi = phi_factors<N, T>(a.phi, a.head.channels);
        if (phi == nullptr && depth != 0)
            return MHC_ERROR_MEMORY;
        bool failed = false;
        const int code = parallel(tiles, kTile * depth * M::count / kLanes, [&](int64_t begin, int64_t end) {
            T *kept = past ? static_cast<T *>(scratch(Buffer::streams, sizeof(T) * kTile * depth)) : nullptr;
            float *row = static_cast<float *>(scratch(Buffer::rows, sizeof(float) * a.head.channels));
            if ((past && kept == nullptr) || row == nullptr) {
                __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
                return;
            }
            for (int64_t t = begin * kTile; t < end * kTile && t < a.head.tokens; t += kTile)
                tile(a, phi, t, a.head.tokens - t < kTile ? static_cast<int>(a.head.tokens - t) : kTile, kept, row);
            if (past)
                fence();
        });
        return failed ? MHC_ERROR_MEMORY : code;
    }
};

} // namespace

int connect_forward(const mhc_connect_forward_args &arguments) {
    return by_streams<Forward>(arguments);
}

} // namespace mhc::MHC_NAMESPACE
