// mhc_coefficients_forward and mhc_enter_forward: projects a tile of tokens, turns the result into
// coefficients while it is in the cache, and, for mhc_enter_forward, reads the same streams at once.
#include "coefficients_tile.h"

#include "mhc.h"
#include "operations.h"
#include "streams.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N>
struct Forward {
    using M = Coefficients<N>;

    static void tile(const CoefficientsForward &a, const float *phi, const Sizes &sizes, int64_t first, int count) {
        const int64_t depth = N * sizes.channels;
        const float *x = a.x + first * depth;
        float products[kTile][M::padded], squares[kTile];
        project<N>(x, depth, phi, count, products, squares);
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
        if (a.h != nullptr)
            for (int t = 0; t < count; t++)
                mix<N>(x + t * depth, pre + t * N, a.h + (first + t) * sizes.channels, sizes.channels);
    }

    static int run(const CoefficientsForward &a, const Sizes &sizes) {
        const int64_t depth = N * sizes.channels, tiles = (sizes.tokens + kTile - 1) / kTile;
        float *memory = nullptr;
        if (M::count != M::padded) {
            memory = static_cast<float *>(scratch(Buffer::packed, sizeof(float) * depth * M::padded));
            if (memory == nullptr)
                return MHC_ERROR_MEMORY;
        }
        const float *phi = pad_rows<N>(a.phi, depth, memory);
        return parallel(tiles, kTile * depth * M::vectors, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin * kTile; t < end * kTile && t < sizes.tokens; t += kTile)
                tile(a, phi, sizes, t, sizes.tokens - t < kTile ? static_cast<int>(sizes.tokens - t) : kTile);
        });
    }
};

} // namespace

int coefficients_forward(const CoefficientsForward &arguments, const Sizes &sizes) {
    return by_streams<Forward>(arguments, sizes);
}

} // namespace mhc::MHC_NAMESPACE
