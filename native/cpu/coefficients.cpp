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

template <int N>
struct Forward {
    using M = Coefficients<N>;

    // The new streams of a tile. Those that are streamed to memory are kept in `kept` too, for what follows.
    static Streams write_tile(const ConnectForward &a, const Sizes &sizes, int64_t first, int count, float *kept) {
        const int64_t channels = sizes.channels, depth = N * channels;
        const Streams x = Streams::of(a.x, a.x_replicated, N, channels).from(first);
        if (a.y == nullptr)
            return x;
        float *next = a.x_next + first * depth;
        for (int t = 0; t < count; t++) {
            const float *y = a.y + (first + t) * channels;
            const float *res = a.res_before + (first + t) * N * N, *post = a.post_before + (first + t) * N;
            if (kept != nullptr)
                write_past<N>(x.row(t, 0), x.stream, x.row(t + 1, 0), y, res, post, next + t * depth, kept + t * depth,
                              channels);
            else
                write<N>(x.row(t, 0), x.stream, y, res, post, next + t * depth, channels);
        }
        return Streams::of(kept != nullptr ? kept : next, false, N, channels);
    }

    static void tile(const ConnectForward &a, const float *phi, const Sizes &sizes, int64_t first, int count, float *kept) {
        const int64_t channels = sizes.channels, depth = N * channels;
        const Streams x = write_tile(a, sizes, first, count, kept);
        float products[kTile][M::padded], squares[kTile];
        project<N>(x, channels, phi, count, products, squares);
        float *raw = a.raw + first * M::count;
        for (int t = 0; t < count; t++) {
            const float r = square_root(squares[t] / static_cast<float>(depth));
            const Vec inverse = splat(1.0f / r);
            a.r[first + t] = r;
            each_block(M::count, [&](int64_t m, auto lanes) MHC_INLINE_BODY {
                store(raw + t * M::count + m, load(products[t] + m) * inverse, lanes);
            });
        }
        float *pre = a.pre + first * N;
        activate<N>(raw, a.bias, a.alpha, count, sizes.iterations, pre, a.post + first * N, a.res + first * N * N);
        if (a.h == nullptr)
            return;
        for (int t = 0; t < count; t++) {
            float *h = a.h + (first + t) * channels;
            mix<N>(x.row(t, 0), x.stream, pre + t * N, h, channels);
            if (a.norm != nullptr)
                norm(h, a.norm, a.epsilon, h, channels);
        }
    }

    static int run(const ConnectForward &a, const Sizes &sizes) {
        const int64_t depth = N * sizes.channels, tiles = (sizes.tokens + kTile - 1) / kTile;
        float *memory = nullptr;
        if (M::count != M::padded) {
            memory = static_cast<float *>(scratch(Buffer::packed, sizeof(float) * depth * M::padded));
            if (memory == nullptr)
                return MHC_ERROR_MEMORY;
        }
        const float *phi = pad_rows<N>(a.phi, depth, memory);
        const bool past = a.y != nullptr && streamed(a.x_next, sizes.tokens * N, sizes.channels);
        bool failed = false;
        const int code = parallel(tiles, kTile * depth * M::vectors, [&](int64_t begin, int64_t end) {
            float *kept = past ? static_cast<float *>(scratch(Buffer::rows, sizeof(float) * kTile * depth)) : nullptr;
            if (past && kept == nullptr) {
                __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
                return;
            }
            for (int64_t t = begin * kTile; t < end * kTile && t < sizes.tokens; t += kTile)
                tile(a, phi, sizes, t, sizes.tokens - t < kTile ? static_cast<int>(sizes.tokens - t) : kTile, kept);
            if (past)
                fence();
        });
        return failed ? MHC_ERROR_MEMORY : code;
    }
};

} // namespace

int connect_forward(const ConnectForward &arguments, const Sizes &sizes) {
    return by_streams<Forward>(arguments, sizes);
}

} // namespace mhc::MHC_NAMESPACE
