// mhc_coefficients_backward and mhc_connect_backward (with mhc_layer_backward), which share their larger half. The latter
// takes, tile by tile, the inner products that make the coefficients' gradients; then, through the coefficients, everything
// that the streams and phi get, while the tile is in the cache.
#include "norm.h"
#include "operations.h"
#include "reduction.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N>
struct Single {
    using M = Coefficients<N>;

    static int run(const CoefficientsBackward &a, const Sizes &sizes) {
        const int64_t channels = sizes.channels;
        const Reduced out{a.grad_phi, a.grad_bias, a.grad_alpha, nullptr};
        return over_chunks<N>(sizes, a.phi, out, [&](int64_t t, int count, const TileSpace<N> &space) {
            float grad_products[kGradientTile][M::padded] = {}, scales[kGradientTile];
            activate_backward<N>(a.raw + t * M::count, a.r + t, a.bias, a.alpha, a.grad_pre + t * N, a.grad_post + t * N,
                                 a.grad_res + t * N * N, count, sizes.iterations, N * channels, space.history, grad_products,
                                 scales, *space.sums);
            const GradientTile<N> tile{count,
                                       channels,
                                       Streams::of(a.x, false, N, channels).from(t),
                                       grad_products,
                                       scales,
                                       {},
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       a.grad_x + t * N * channels,
                                       a.accumulate_x,
                                       false,
                                       nullptr,
                                       nullptr};
            gradient_tile<N>(tile, space.packed_phi, space.grad_phi);
        });
    }
};

template <int N>
struct Connect {
    using M = Coefficients<N>;

    // The gradient of h as the norm took it: [C] of one token.
    static const float *grad_h(const ConnectBackward &a, const float *x, int64_t stride, const float *pre, int64_t t,
                               int64_t channels, float *row, const TileSpace<N> &space) {
        if (a.norm == nullptr)
            return a.grad_h + t * channels;
        float *h = space.rows + kGradientTile * channels;
        mix<N>(x, stride, pre, h, channels);
        norm_gradient(h, a.norm, a.epsilon, a.grad_h + t * channels, row, space.grad_norm, channels);
        return row;
    }

    static void tile(const ConnectBackward &a, const Sizes &sizes, int64_t first, int count, const TileSpace<N> &space) {
        const int64_t channels = sizes.channels;
        const Streams x = Streams::of(a.x, a.x_replicated, N, channels).from(first);
        const Streams g = Streams::of(a.grad_output, a.grad_output_replicated, N, channels).from(first);
        float grad_pre[kGradientTile * N], grad_post[kGradientTile * N], grad_res[kGradientTile * N * N];
        for (int i = 0; i < count; i++) {
            const int64_t t = first + i;
            write_coefficients<N>(g.row(i, 0), g.stream, x.row(i, 0), x.stream, a.y + t * channels, grad_res + i * N * N,
                                  grad_post + i * N, channels);
            const float *upstream =
                grad_h(a, x.row(i, 0), x.stream, a.pre + t * N, t, channels, space.rows + i * channels, space);
            read_gradient<N, false>(x.row(i, 0), x.stream, nullptr, upstream, nullptr, grad_pre + i * N, false, channels);
        }
        float grad_products[kGradientTile][M::padded] = {}, scales[kGradientTile];
        activate_backward<N>(a.raw + first * M::count, a.r + first, a.bias, a.alpha, grad_pre, grad_post, grad_res, count,
                             sizes.iterations, N * channels, space.history, grad_products, scales, *space.sums);
        const GradientTile<N> parts{count,
                                    channels,
                                    x,
                                    grad_products,
                                    scales,
                                    g,
                                    a.res + first * N * N,
                                    a.pre + first * N,
                                    a.norm != nullptr ? space.rows : a.grad_h + first * channels,
                                    a.grad_x != nullptr ? a.grad_x + first * N * channels : nullptr,
                                    false,
                                    streamed(a.grad_x, sizes.tokens * N, channels),
                                    a.post_before != nullptr ? a.post_before + first * N : nullptr,
                                    a.grad_y_before != nullptr ? a.grad_y_before + first * channels : nullptr};
        gradient_tile<N>(parts, space.packed_phi, space.grad_phi);
    }

    static int run(const ConnectBackward &a, const Sizes &sizes) {
        const Reduced out{a.grad_phi, a.grad_bias, a.grad_alpha, a.grad_norm};
        return over_chunks<N>(sizes, a.phi, out,
                              [&](int64_t t, int count, const TileSpace<N> &space) { tile(a, sizes, t, count, space); });
    }
};

} // namespace

int coefficients_backward(const CoefficientsBackward &arguments, const Sizes &sizes) {
    return by_streams<Single>(arguments, sizes);
}

int connect_backward(const ConnectBackward &arguments, const Sizes &sizes) {
    return by_streams<Connect>(arguments, sizes);
}

} // namespace mhc::MHC_NAMESPACE
