// mhc_coefficients_backward and mhc_layer_backward, which share their larger half. The latter takes, tile by tile, the
// gradients of the write and the read step, then through the coefficients into the same rows of grad_x and into phi, while the
// tile's streams are in the second-level cache.
#include "operations.h"
#include "reduction.h"
#include "token.h"

namespace mhc::MHC_NAMESPACE {
namespace {

template <int N>
struct Single {
    using M = Coefficients<N>;

    static int run(const CoefficientsBackward &a, const Sizes &sizes) {
        const int64_t depth = N * sizes.channels;
        return over_chunks<N>(
            sizes, a.phi, a.grad_phi, a.grad_bias, a.grad_alpha,
            [&](int64_t t, int count, const float *transposed, float *grad_phi, GradientSums<N> &sums, Vec *history) {
                float grad_products[kTile][M::padded], scales[kTile];
                activate_backward<N>(a.raw + t * M::count, a.r + t, a.bias, a.alpha, a.grad_pre + t * N, a.grad_post + t * N,
                                     a.grad_res + t * N * N, count, sizes.iterations, depth, history, grad_products, scales,
                                     sums);
                project_backward<N>(a.x + t * depth, depth, transposed, count, grad_products, scales, a.grad_x + t * depth,
                                    a.accumulate_x, grad_phi);
            });
    }
};

template <int N>
struct Layer {
    using M = Coefficients<N>;

    static void tile(const LayerBackward &a, const Sizes &sizes, int64_t first, int count, const float *transposed,
                     float *grad_phi, GradientSums<N> &sums, Vec *history) {
        const int64_t channels = sizes.channels, depth = N * channels;
        float grad_pre[kTile * N], grad_post[kTile * N], grad_res[kTile * N * N];
        for (int i = 0; i < count; i++) {
            const int64_t t = first + i;
            const float *x = a.x + t * depth, *g = a.grad_output + t * depth;
            const float *grad_h = a.grad_h + t * channels, *pre = a.pre + t * N;
            write_coefficients<N>(g, x, a.y + t * channels, grad_res + i * N * N, grad_post + i * N, channels);
            read_gradient<N, false>(x, nullptr, grad_h, nullptr, grad_pre + i * N, false, channels);
            write_gradient<N, false, true>(g, a.res + t * N * N, nullptr, nullptr, pre, grad_h, a.grad_x + t * depth, false,
                                           channels);
        }
        float grad_products[kTile][M::padded], scales[kTile];
        activate_backward<N>(a.raw + first * M::count, a.r + first, a.bias, a.alpha, grad_pre, grad_post, grad_res, count,
                             sizes.iterations, depth, history, grad_products, scales, sums);
        project_backward<N>(a.x + first * depth, depth, transposed, count, grad_products, scales, a.grad_x + first * depth,
                            true, grad_phi);
    }

    static int run(const LayerBackward &a, const Sizes &sizes) {
        return over_chunks<N>(sizes, a.phi, a.grad_phi, a.grad_bias, a.grad_alpha,
                              [&](int64_t t, int count, const float *transposed, float *grad_phi, GradientSums<N> &sums,
                                  Vec *history) { tile(a, sizes, t, count, transposed, grad_phi, sums, history); });
    }
};

} // namespace

int coefficients_backward(const CoefficientsBackward &arguments, const Sizes &sizes) {
    return by_streams<Single>(arguments, sizes);
}

int layer_backward(const LayerBackward &arguments, const Sizes &sizes) {
    return by_streams<Layer>(arguments, sizes);
}

} // namespace mhc::MHC_NAMESPACE
