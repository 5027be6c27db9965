// Sums over tokens that do not depend on the number of threads: tokens are cut into chunks by the sizes alone, each chunk is
// summed by one thread in order, and the chunks' partial sums are added in order.
#pragma once

#include "coefficients_tile.h"
#include "gradient_tile.h"
#include "mhc.h"
#include "streams.h"

namespace mhc::MHC_NAMESPACE {

constexpr int64_t kChunkTokens = 128;
constexpr int64_t kMostChunks = 64;
constexpr int64_t kMostPartialBytes = int64_t{64} << 20;

struct Chunks {
    int64_t tokens; // of each chunk but the last; a multiple of 16
    int64_t count;

    // floats: size of one partial sum
    static Chunks of(int64_t tokens, int64_t floats) {
        int64_t most = kMostPartialBytes / (floats * static_cast<int64_t>(sizeof(float)));
        most = most < 4 ? 4 : most > kMostChunks ? kMostChunks : most;
        int64_t each = (tokens + most - 1) / most;
        each = each < kChunkTokens ? kChunkTokens : (each + 15) / 16 * 16;
        return {each, (tokens + each - 1) / each};
    }
};

// Where the sums go.
struct Reduced {
    float *grad_phi, *grad_bias, *grad_alpha;
    float *grad_norm; // [C]; null: none
};

// One partial sum: grad_phi in blocks (see pack_block), grad_norm [C], grad_bias [M], grad_alpha [3].
template <int N>
struct Layout {
    int64_t norm, bias, size;

    explicit Layout(const mhc_head &sizes)
        : norm(block_floats<N> * blocks_of(sizes.channels)), bias(norm + sizes.channels),
          size((bias + Coefficients<N>::count + 3 + 15) / 16 * 16) {}
};

// What a tile of a chunk gets to work with.
template <int N, class T>
struct TileSpace {
    const Factor<T> *packed_phi; // see pack_block
    float *grad_phi, *grad_norm;
    GradientSums<N> *sums;
    Vec *history; // of Sinkhorn's iterations
    float *rows;  // [kGradientTile<T> + 1, C]
};

template <int N>
int add_partials(const float *partials, const Chunks &chunks, const mhc_head &sizes, const Reduced &out) {
    using M = Coefficients<N>;
    const Layout<N> layout(sizes);
    const auto total = [=](int64_t at) {
        float value = 0.0f;
        for (int64_t chunk = 0; chunk < chunks.count; chunk++)
            value += partials[chunk * layout.size + at];
        return value;
    };
    for (int m = 0; m < M::count; m++)
        out.grad_bias[m] = total(layout.bias + m);
    for (int g = 0; g < 3; g++)
        out.grad_alpha[g] = total(layout.bias + M::count + g);
    if (out.grad_norm != nullptr)
        for (int64_t c = 0; c < sizes.channels; c++)
            out.grad_norm[c] = total(layout.norm + c);
    return parallel(blocks_of(sizes.channels) * N, M::count * kBlock * chunks.count, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
            float sums[M::count][kBlock];
            for (int m = 0; m < M::count; m++)
                for (int w = 0; w < kBlock; w += kLanes) {
                    Vec value = {};
                    for (int64_t chunk = 0; chunk < chunks.count; chunk++)
                        value += load(partials + chunk * layout.size + (i * M::count + m) * kBlock + w);
                    store(sums[m] + w, value);
                }
            const int64_t first = i / N * kBlock, left = sizes.channels - first;
            float *rows = out.grad_phi + (i % N * sizes.channels + first) * M::count;
            for (int w = 0; w < kBlock && w < left; w++)
                for (int m = 0; m < M::count; m++)
                    rows[w * M::count + m] = sums[m][w];
        }
    });
}

// Runs tile(first token, number of tokens, space) for every tile of every chunk, chunks in parallel, and adds the partial sums
// up.
template <int N, class T, class Tile>
int over_chunks(const mhc_head &sizes, const float *phi, const Reduced &out, const Tile &tile) {
    const int64_t channels = sizes.channels, depth = N * channels;
    const Layout<N> layout(sizes);
    const Chunks chunks = Chunks::of(sizes.tokens, layout.size);
    auto *packed =
        static_cast<Factor<T> *>(scratch(Buffer::packed, sizeof(Factor<T>) * packed_factors<N, T> * blocks_of(channels)));
    float *partials = static_cast<float *>(scratch(Buffer::partials, sizeof(float) * layout.size * chunks.count));
    if (packed == nullptr || partials == nullptr)
        return MHC_ERROR_MEMORY;
    int code = parallel(blocks_of(channels), block_floats<N>, [&](int64_t begin, int64_t end) {
        for (int64_t block = begin; block < end; block++)
            pack_block<N, T>(phi, channels, block, packed);
    });
    if (code != MHC_OK)
        return code;
    bool failed = false;
    code = parallel(chunks.count, chunks.tokens * depth * 64, [&](int64_t begin, int64_t end) {
        GradientSums<N> sums;
        TileSpace<N, T> space{packed, nullptr, nullptr, &sums, nullptr, nullptr};
        space.history = static_cast<Vec *>(scratch(Buffer::iterations, sizeof(Vec) * history_vectors<N>(sizes.iterations)));
        space.rows = static_cast<float *>(scratch(Buffer::rows, sizeof(float) * (kGradientTile<T> + 1) * channels));
        if (space.history == nullptr || space.rows == nullptr) {
            __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
            return;
        }
        for (int64_t chunk = begin; chunk < end; chunk++) {
            float *partial = partials + chunk * layout.size;
            for (int64_t k = 0; k < layout.size; k += kLanes)
                store(partial + k, Vec{});
            sums.clear();
            space.grad_phi = partial;
            space.grad_norm = partial + layout.norm;
            const int64_t last = (chunk + 1) * chunks.tokens < sizes.tokens ? (chunk + 1) * chunks.tokens : sizes.tokens;
            for (int64_t t = chunk * chunks.tokens; t < last; t += kGradientTile<T>)
                tile(t, last - t < kGradientTile<T> ? static_cast<int>(last - t) : kGradientTile<T>, space);
            sums.finish(partial + layout.bias);
        }
    });
    if (failed)
        return MHC_ERROR_MEMORY;
    return code != MHC_OK ? code : add_partials<N>(partials, chunks, sizes, out);
}

} // namespace mhc::MHC_NAMESPACE
