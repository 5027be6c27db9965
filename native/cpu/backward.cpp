// mhc_coefficients_backward and mhc_connect_backward (with mhc_layer_backward), which share their larger half. The latter
// takes, tile by tile, the inner products that make the coefficients' gradients; then, through the coefficients, everything
// that the streams and phi get, while the tile is in the cache.
#include "norm.h"
#include "operations.h"
#include "reduction.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N, class T>
struct Single {
    using M = Coefficients<N>;

    static int run(const mhc_coefficients_backward_args &a) {
        const int64_t channels = a.head.channels;
        const Reduced out{a.grad_phi, a.grad_bias, a.grad_alpha, nullptr};
        return over_chunks<N, T>(a.head, a.phi, out, [&](int64_t t, int count, const TileSpace<N, T> &space) {
            float grad_products[kGradientTile<T>][M::count] = {}, scales[kGradientTile<T>];
            activate_backward<N>(a.raw + t * M::count, a.r + t, a.bias, a.alpha, a.grad_pre + t * N, a.grad_post + t * N,
                                 a.grad_res + t * N * N, count, a.head.iterations, N * channels, space.history, grad_products,
                                 scales, *space.sums);
            typename GradientTile<N, T>::Products products;
            products.take(grad_products);
            GradientTile<N, T> tile = {};
            tile.count = count;
            tile.channels = channels;
            tile.x = Streams<T>::of(a.x, false, N, channels).from(t);
            tile.products = &products;
            tile.scales = scales;
            tile.grad_x = static_cast<T *>(a.grad_x) + t * N * channels;
            tile.accumulate = a.accumulate_x != 0;
            gradient_tile<N>(tile, space.packed_phi, space.grad_phi);
        });
    }
};

template <int N, class T>
struct Connect {
    using M = Coefficients<N>;

    // The gradient of h as the norm took it, of one token, into row [C].
    static void read_upstream(const mhc_connect_backward_args &a, const T *x, int64_t stride, int64_t t, int64_t channels,
                              float *row, const TileSpace<N, T> &space) {
        const T *grad_h = static_cast<const T *>(a.grad_h) + t * channels;
        if (a.norm == nullptr) {
            each_block(channels,
                       [&](int64_t c, auto lanes) MHC_INLINE_BODY { store(row + c, load(grad_h + c, lanes), lanes); });
            return;
        }
        float *h = space.rows + kGradientTile<T> * channels;
        mix<N>(x, stride, a.pre + t * N, h, channels);
        norm_gradient(h, a.norm, a.epsilon, grad_h, row, space.grad_norm, channels);
    }

    static void tile(const mhc_connect_backward_args &a, int64_t first, int count, const TileSpace<N, T> &space) {
        const int64_t channels = a.head.channels;
        const Streams<T> x = Streams<T>::of(a.x, a.x_replicated != 0, N, channels).from(first);
        const Streams<T> g = Streams<T>::of(a.grad_output, a.grad_output_replicated != 0, N, channels).from(first);
        T *grad_x = static_cast<T *>(a.grad_x), *grad_y_before = static_cast<T *>(a.grad_y_before);
        float grad_pre[kGradientTile<T> * N], grad_post[kGradientTile<T> * N], grad_res[kGradientTile<T> * N * N];
        for (int i = 0; i < count; i++) {
            const T *y = static_cast<const T *>(a.y) + (first + i) * channels;
            float *row = space.rows + i * channels;
            write_coefficients<N>(g.row(i, 0), g.stream, x.row(i, 0), x.stream, y, grad_res + i * N * N, grad_post + i * N,
                                  channels);
            read_upstream(a, x.row(i, 0), x.stream, first + i, channels, row, space);
            read_coefficients<N>(x.row(i, 0), x.stream, row, grad_pre + i * N, channels);
        }
        float grad_products[kGradientTile<T>][M::count] = {}, scales[kGradientTile<T>];
        activate_backward<N>(a.raw + first * M::count, a.r + first, a.bias, a.alpha, grad_pre, grad_post, grad_res, count,
                             a.head.iterations, N * channels, space.history, grad_products, scales, *space.sums);
        typename GradientTile<N, T>::Products products;
        products.take(grad_products);
        const GradientTile<N, T> parts{count,
                                       channels,
                                       x,
                                       &products,
                                       scales,
                                       g,
                                       a.res + first * N * N,
                                       a.pre + first * N,
                                       space.rows,
                                       grad_x != nullptr ? grad_x + first * N * channels : nullptr,
                                       false,
                                       streamed(grad_x, a.head.tokens * N, channels),
                                       a.post_before != nullptr ? a.post_before + first * N : nullptr,
                                       grad_y_before != nullptr ? grad_y_before + first * channels : nullptr};
        gradient_tile<N>(parts, space.packed_phi, space.grad_phi);
    }

    static int run(const mhc_connect_backward_args &a) {
        const Reduced out{a.grad_phi, a.grad_bias, a.grad_alpha, a.grad_norm};
        return over_chunks<N, T>(a.head, a.phi, out,
                                 [&](int64_t t, int count, const TileSpace<N, T> &space) { tile(a, t, count, space); });
    }
};

} // namespace

int coefficients_backward(const mhc_coefficients_backward_args &arguments) {
    return by_streams<Single>(arguments);
}

int connect_backward(const mhc_connect_backward_args &arguments) {
    return by_streams<Connect>(arguments);
}

} // namespace mhc::MHC_NAMESPACE
