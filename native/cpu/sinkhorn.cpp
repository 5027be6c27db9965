// mhc_sinkhorn_{forward,backward}: kLanes tokens at a time, one vector per matrix element.
#include "sinkhorn_steps.h"

#include "mhc.h"
#include "operations.h"
#include "streams.h"

namespace mhc::MHC_NAMESPACE {
namespace {

int tokens_of_tile(int64_t tile, int64_t tokens) {
    const int64_t left = tokens - tile * kLanes;
    return left < kLanes ? static_cast<int>(left) : kLanes;
}

int64_t tiles(int64_t tokens) {
    return (tokens + kLanes - 1) / kLanes;
}

// A guess of the work, in units of one memory access.
int64_t work(int n, int iterations) {
    return int64_t{kLanes} * n * n * iterations;
}

template <int N>
struct Forward {
    static int run(const mhc_sinkhorn_forward_args &a) {
        return parallel(tiles(a.head.tokens), work(N, a.head.iterations), [&](int64_t begin, int64_t end) {
            for (int64_t tile = begin; tile < end; tile++) {
                const int64_t offset = tile * kLanes * N * N;
                const int count = tokens_of_tile(tile, a.head.tokens);
                Vec logits[N * N], m[N * N];
                load_columns<N * N>(a.logits + offset, count, logits);
                sinkhorn<N>(logits, m, a.head.iterations);
                store_columns<N * N>(a.output + offset, count, m);
            }
        });
    }
};

template <int N>
struct Backward {
    static int run(const mhc_sinkhorn_backward_args &a) {
        bool failed = false;
        const int code = parallel(tiles(a.head.tokens), 3 * work(N, a.head.iterations), [&](int64_t begin, int64_t end) {
            Vec *history = static_cast<Vec *>(scratch(Buffer::iterations, sizeof(Vec) * history_vectors<N>(a.head.iterations)));
            if (history == nullptr) {
                __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
                return;
            }
            for (int64_t tile = begin; tile < end; tile++) {
                const int64_t offset = tile * kLanes * N * N;
                const int count = tokens_of_tile(tile, a.head.tokens);
                Vec logits[N * N], g[N * N];
                load_columns<N * N>(a.logits + offset, count, logits);
                load_columns<N * N>(a.grad_output + offset, count, g);
                sinkhorn_gradient<N>(logits, g, a.head.iterations, history);
                store_columns<N * N>(a.grad_logits + offset, count, g);
            }
        });
        return failed ? MHC_ERROR_MEMORY : code;
    }
};

} // namespace

int sinkhorn_forward(const mhc_sinkhorn_forward_args &arguments) {
    return by_count(arguments.head.n, [&](auto n) { return Forward<decltype(n)::value>::run(arguments); });
}

int sinkhorn_backward(const mhc_sinkhorn_backward_args &arguments) {
    return by_count(arguments.head.n, [&](auto n) { return Backward<decltype(n)::value>::run(arguments); });
}

} // namespace mhc::MHC_NAMESPACE
