// Sums over tokens that do not depend on the number of threads: tokens are cut into chunks by the sizes alone, each chunk is
// summed by one thread in order, and the chunks' partial sums are added in order.
#pragma once

#include "coefficients_tile.h"
#include "mhc.h"
#include "streams.h"

namespace mhc::MHC_NAMESPACE {

constexpr int64_t kChunkTokens = 128;
constexpr int64_t kMostChunks = 64;
constexpr int64_t kMostPartialBytes = int64_t{64} << 20;

struct Chunks {
    int64_t tokens; // of each chunk but the last; a multiple of kTile
    int64_t count;

    // floats: size of one partial sum
    static Chunks of(int64_t tokens, int64_t floats) {
        int64_t most = kMostPartialBytes / (floats * static_cast<int64_t>(sizeof(float)));
        most = most < 4 ? 4 : most > kMostChunks ? kMostChunks : most;
        int64_t each = (tokens + most - 1) / most;
        each = each < kChunkTokens ? kChunkTokens : (each + kTile - 1) / kTile * kTile;
        return {each, (tokens + each - 1) / each};
    }
};

// A partial sum: grad_phi [K, padded], grad_bias [M], grad_alpha [3].
template <int N>
constexpr int64_t partial_floats(int64_t depth) {
    return (depth * Coefficients<N>::padded + Coefficients<N>::count + 3 + 15) / 16 * 16;
}

template <int N>
int add_partials(const float *partials, const Chunks &chunks, int64_t depth, float *grad_phi, float *grad_bias,
                 float *grad_alpha) {
    using M = Coefficients<N>;
    const int64_t size = partial_floats<N>(depth);
    const auto total = [=](int64_t at) {
        float value = 0.0f;
        for (int64_t chunk = 0; chunk < chunks.count; chunk++)
            value += partials[chunk * size + at];
        return value;
    };
    for (int m = 0; m < M::count; m++)
        grad_bias[m] = total(depth * M::padded + m);
    for (int g = 0; g < 3; g++)
        grad_alpha[g] = total(depth * M::padded + M::count + g);
    return parallel(depth, M::padded * chunks.count, [=](int64_t begin, int64_t end) {
        for (int64_t k = begin; k < end; k++) {
            Vec row[M::vectors] = {};
            for (int64_t chunk = 0; chunk < chunks.count; chunk++)
                for (int v = 0; v < M::vectors; v++)
                    row[v] += load(partials + chunk * size + k * M::padded + v * kLanes);
            each_block(M::count, [&](int64_t m, auto lanes)
                                     MHC_INLINE_BODY { store(grad_phi + k * M::count + m, row[m / kLanes], lanes); });
        }
    });
}

// Scratch of a backward pass over chunks: phi's transpose, then one partial sum per chunk.
template <int N>
struct Workspace {
    float *transposed = nullptr;
    float *partials = nullptr;

    Workspace(const float *phi, int64_t depth, const Chunks &chunks) {
        transposed =
            static_cast<float *>(scratch(Buffer::packed, sizeof(float) * Coefficients<N>::count * padded_depth(depth)));
        partials = static_cast<float *>(scratch(Buffer::partials, sizeof(float) * partial_floats<N>(depth) * chunks.count));
        if (transposed != nullptr)
            transpose_rows<N>(phi, depth, transposed);
    }

    bool complete() const { return transposed != nullptr && partials != nullptr; }
};

// Runs tile(first token, number of tokens, transposed phi, grad_phi, sums, history) for every tile of every chunk, chunks in
// parallel, and adds the partial sums up.
template <int N, class Tile>
int over_chunks(const Sizes &sizes, const float *phi, float *grad_phi, float *grad_bias, float *grad_alpha, const Tile &tile) {
    const int64_t depth = N * sizes.channels, size = partial_floats<N>(depth);
    const Chunks chunks = Chunks::of(sizes.tokens, size);
    const Workspace<N> space(phi, depth, chunks);
    if (!space.complete())
        return MHC_ERROR_MEMORY;
    bool failed = false;
    const int code = parallel(chunks.count, chunks.tokens * depth * 64, [&](int64_t begin, int64_t end) {
        Vec *history = static_cast<Vec *>(scratch(Buffer::iterations, sizeof(Vec) * history_vectors<N>(sizes.iterations)));
        if (history == nullptr) {
            __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
            return;
        }
        for (int64_t chunk = begin; chunk < end; chunk++) {
            float *partial = space.partials + chunk * size;
            for (int64_t k = 0; k < depth * Coefficients<N>::padded; k += kLanes)
                store(partial + k, Vec{});
            GradientSums<N> sums;
            sums.clear();
            const int64_t last = (chunk + 1) * chunks.tokens < sizes.tokens ? (chunk + 1) * chunks.tokens : sizes.tokens;
            for (int64_t t = chunk * chunks.tokens; t < last; t += kTile)
                tile(t, last - t < kTile ? static_cast<int>(last - t) : kTile, space.transposed, partial, sums, history);
            sums.finish(partial + depth * Coefficients<N>::padded);
        }
    });
    if (failed)
        return MHC_ERROR_MEMORY;
    return code != MHC_OK ? code : add_partials<N>(space.partials, chunks, depth, grad_phi, grad_bias, grad_alpha);
}

} // namespace mhc::MHC_NAMESPACE
