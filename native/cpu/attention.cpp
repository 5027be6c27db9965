// mhc_attention_{forward,backward}: causal attention, one batch entry and key head after the other on each thread. The scores
// of a few tokens at a time are all that there is of them, and a token's are there as a whole, so that the backward pass makes
// them again from what the forward pass was given and needs nothing else. Arithmetic is float32 for both types.
#include "operations.h"
#include "product.h"
#include "streams.h"

namespace mhc::MHC_NAMESPACE {
namespace {

constexpr int kBlock = 4 * kRows; // tokens whose gradients of keys and values are added up at once

// [batch, time, heads, width], and which part of it one thread has at a time. Rows of scores are a line longer than they need
// be: a power of two would put them all into the same few places of the first-level cache.
struct Layouts {
    int64_t batch, time, heads, key_heads, width, all, padded_time, score_stride, padded_width;
    float scale;

    explicit Layouts(const mhc_attention_head &a)
        : batch(a.batch), time(a.time), heads(a.heads), key_heads(a.key_heads), width(a.width), all(heads + 2 * key_heads),
          padded_time(up_to(a.time, kPanel)), score_stride(padded_time + kLanes), padded_width(up_to(a.width, kPanel)),
          scale(1.0f / __builtin_sqrtf(static_cast<float>(a.width))) {}

    int64_t stride() const { return all * width; }
    int64_t group() const { return heads / key_heads; }
    int64_t at(int64_t b, int64_t head) const { return (b * time * all + head) * width; }
    int64_t keys_at(int64_t b, int64_t key_head) const { return at(b, heads + key_head); }
    int64_t values_at(int64_t b, int64_t key_head) const { return at(b, heads + key_heads + key_head); }
    int64_t result_at(int64_t b, int64_t head) const { return (b * time * heads + head) * width; }
    int64_t result_stride() const { return heads * width; }
};

// One batch entry's key head.
struct Group {
    int64_t batch, key_head;
};

// Cuts scratch memory into pieces.
class Pieces {
  public:
    explicit Pieces(float *memory) : next_(memory) {}

    float *take(int64_t floats) {
        float *piece = next_;
        next_ += floats;
        return piece;
    }

  private:
    float *next_;
};

template <class T>
void take_panels(const T *from, const Layouts &l, float *to) {
    for (int64_t j = 0; j < l.time; j += kPanel)
        take_panel(from + j * l.stride(), l.stride(), l.time - j, l.width, to + j * l.width);
}

// to [rows, score_stride], as far as the columns up to `columns`, = left [rows, width] times panels.
void scores(const float *left, int64_t left_stride, int rows, const float *panels, int64_t columns, const Layouts &l,
            float *to) {
    for (int64_t j = 0; j < columns; j += kPanel)
        multiply_tile<Layout::rows>(
            rows, Tile<float>{left, left_stride, panels + j * l.width, kPanel, to + j, l.score_stride, l.width, false});
}

// to [rows, padded_width] (+)= left [rows, depth] times right [depth, padded_width]
template <Layout layout>
void combine(const float *left, int64_t left_stride, int rows, const float *right, int64_t depth, const Layouts &l, float *to,
             bool accumulate) {
    for (int64_t c = 0; c < l.padded_width; c += kPanel)
        multiply_tile<layout>(
            rows, Tile<float>{left, left_stride, right + c, l.padded_width, to + c, l.padded_width, depth, accumulate});
}

// row[j] = exp(row[j] - the largest) for j < valid, and 0 from there to `end`. Returns the sum.
float exponentials(float *row, int64_t valid, int64_t end) {
    const Vec first = splat(row[0]);
    Vec top = first;
    for (int64_t j = 0; j < valid; j += kLanes)
        top = max(top, first_lanes(load(row + j), valid - j, first));
    const Vec most = splat(largest(top));
    Vec total = {};
    int64_t j = 0;
    for (; j < valid; j += kLanes) {
        const Vec e = first_lanes(exp_nonpositive(load(row + j) - most), valid - j, Vec{});
        total += e;
        store(row + j, e);
    }
    for (; j < end; j += kLanes)
        store(row + j, Vec{});
    return sum(total);
}

// From the gradients of weights to those of scores: g[j] = p[j] (g[j] - sum of p g) for j < valid, and 0 from there to `end`.
void score_gradients(const float *p, float *g, int64_t valid, int64_t end) {
    Vec total = {};
    for (int64_t j = 0; j < valid; j += kLanes)
        total = fma(load(p + j), load(g + j), total);
    const Vec mean = splat(sum(total));
    int64_t j = 0;
    for (; j < valid; j += kLanes)
        store(g + j, load(p + j) * (load(g + j) - mean));
    for (; j < end; j += kLanes)
        store(g + j, Vec{});
}

// Memory is asked for what is wanted a little later, while products are computed: hardware begins anew with every short row.
template <class T>
void prefetch_rows(const T *from, int64_t stride, int64_t count, int64_t width) {
    for (int64_t i = 0; i < count; i++)
        for (int64_t c = 0; c < width; c += kLine<T>)
            prefetch(from + i * stride + c);
}

// The same for rows that will be written: what is there is of no interest.
template <class T>
void prefetch_for_write(T *to, int64_t stride, int64_t count, int64_t width) {
    for (int64_t i = 0; i < count; i++)
        for (int64_t c = 0; c < width; c += kLine<T>)
            __builtin_prefetch(to + i * stride + c, 1, 2);
}

// Keys and values of tokens from t on, of a group that comes next.
template <class T>
void prefetch_group(const T *qkv, const Layouts &l, Group group, int64_t t, int64_t rows) {
    prefetch_rows(qkv + l.keys_at(group.batch, group.key_head) + t * l.stride(), l.stride(), rows, l.width);
    prefetch_rows(qkv + l.values_at(group.batch, group.key_head) + t * l.stride(), l.stride(), rows, l.width);
}

template <class T>
void put_rows(const float *from, int64_t from_stride, int64_t count, int64_t width, float scale, T *to, int64_t stride) {
    for (int64_t i = 0; i < count; i++) {
        if (i + 8 < count)
            prefetch_for_write(to + (i + 8) * stride, 0, 1, width);
        each_block(width, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
            store(to + i * stride + c, load(from + i * from_stride + c, lanes) * scale, lanes);
        });
    }
}

// Calls body(memory, group, the next group or this one if there is none) for all of them.
template <class F>
int each_group(const Layouts &l, int64_t floats, const F &body) {
    if (l.batch == 0 || l.time == 0)
        return MHC_OK; // whatever the other sizes are said to be
    bool failed = false;
    const int code = parallel(l.batch * l.key_heads, l.group() * l.time * l.time * l.width, [&](int64_t begin, int64_t end) {
        float *memory = static_cast<float *>(scratch(Buffer::rows, sizeof(float) * floats));
        if (memory == nullptr) {
            __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
            return;
        }
        for (int64_t each = begin; each < end; each++) {
            const int64_t next = each + 1 < end ? each + 1 : each;
            body(Pieces(memory), Group{each / l.key_heads, each % l.key_heads}, Group{next / l.key_heads, next % l.key_heads});
        }
    });
    return failed ? MHC_ERROR_MEMORY : code;
}

template <class T>
int forward(const mhc_attention_forward_args &a) {
    const Layouts l(a.head);
    const T *qkv = static_cast<const T *>(a.qkv);
    T *output = static_cast<T *>(a.output);
    const int64_t floats =
        l.padded_time * l.width + l.score_stride * kRows + l.time * l.padded_width + kRows * (l.width + l.padded_width);
    return each_group(l, floats, [&](Pieces pieces, Group group, Group next) {
        const auto [b, key_head] = group;
        float *keys = pieces.take(l.padded_time * l.width), *weights = pieces.take(kRows * l.score_stride);
        float *values = pieces.take(l.time * l.padded_width), *result = pieces.take(kRows * l.padded_width);
        float *queries = pieces.take(kRows * l.width);
        take_panels(qkv + l.keys_at(b, key_head), l, keys);
        take_rows(qkv + l.values_at(b, key_head), l.stride(), l.time, l.width, 1.0f, values, l.padded_width);
        for (int64_t head = key_head * l.group(); head < (key_head + 1) * l.group(); head++)
            for (int64_t t = 0; t < l.time; t += kRows) {
                const int rows = static_cast<int>(least(l.time - t, kRows));
                T *to = output + l.result_at(b, head) + t * l.result_stride();
                prefetch_for_write(to, l.result_stride(), rows, l.width);
                prefetch_rows(qkv + l.at(b, head) + (t + rows) * l.stride(), l.stride(), least(l.time - t - rows, kRows),
                              l.width);
                prefetch_group(qkv, l, next, t, rows);
                take_rows(qkv + l.at(b, head) + t * l.stride(), l.stride(), rows, l.width, l.scale, queries, l.width);
                scores(queries, l.width, rows, keys, t + rows, l, weights);
                float shares[kRows];
                for (int i = 0; i < rows; i++)
                    shares[i] = 1.0f / exponentials(weights + i * l.score_stride, t + i + 1, up_to(t + rows, kPanel));
                combine<Layout::rows>(weights, l.score_stride, rows, values, t + rows, l, result, false);
                for (int i = 0; i < rows; i++)
                    put_rows(result + i * l.padded_width, 0, 1, l.width, shares[i], to + i * l.result_stride(), 0);
            }
    });
}

template <class T>
class Backward {
  public:
    Backward(const mhc_attention_backward_args &a)
        : l_(a.head), qkv_(static_cast<const T *>(a.qkv)), grad_output_(static_cast<const T *>(a.grad_output)),
          grad_qkv_(static_cast<T *>(a.grad_qkv)) {}

    int run() const {
        const int64_t floats =
            2 * l_.padded_time * l_.width + 2 * l_.score_stride * kBlock + (3 * l_.time + 2 * kBlock + kRows) * l_.padded_width;
        return each_group(l_, floats, [&](Pieces pieces, Group now, Group next) { group(pieces, now, next); });
    }

  private:
    // What one group of heads shares, and what a block of tokens has.
    struct Memory {
        float *key_panels, *value_panels;         // [panels, width, kPanel]
        float *keys, *grad_keys, *grad_values;    // [time, padded_width]
        float *queries, *upstream, *grad_queries; // [kBlock or kRows, padded_width]
        float *weights, *gradients;               // [kBlock, score_stride]
    };

    void group(Pieces pieces, Group now, Group next) const {
        const auto [b, key_head] = now;
        const int64_t panels = l_.padded_time * l_.width, rows = l_.time * l_.padded_width;
        Memory m{};
        m.key_panels = pieces.take(panels), m.value_panels = pieces.take(panels);
        m.weights = pieces.take(kBlock * l_.score_stride), m.gradients = pieces.take(kBlock * l_.score_stride);
        m.keys = pieces.take(rows), m.grad_keys = pieces.take(rows), m.grad_values = pieces.take(rows);
        m.queries = pieces.take(kBlock * l_.padded_width), m.upstream = pieces.take(kBlock * l_.padded_width);
        m.grad_queries = pieces.take(kRows * l_.padded_width);
        const T *keys = qkv_ + l_.keys_at(b, key_head), *values = qkv_ + l_.values_at(b, key_head);
        take_panels(keys, l_, m.key_panels);
        take_panels(values, l_, m.value_panels);
        take_rows(keys, l_.stride(), l_.time, l_.width, 1.0f, m.keys, l_.padded_width);
        for (int64_t i = 0; i < rows; i++)
            m.grad_keys[i] = m.grad_values[i] = 0.0f;
        for (int64_t head = key_head * l_.group(); head < (key_head + 1) * l_.group(); head++)
            for (int64_t t = 0; t < l_.time; t += kBlock)
                block(m, b, head, t, static_cast<int>(least(l_.time - t, kBlock)), next);
        put_rows(m.grad_keys, l_.padded_width, l_.time, l_.width, 1.0f, grad_qkv_ + l_.keys_at(b, key_head), l_.stride());
        put_rows(m.grad_values, l_.padded_width, l_.time, l_.width, 1.0f, grad_qkv_ + l_.values_at(b, key_head), l_.stride());
    }

    // Queries carry the scale, so that the gradient of keys has it too.
    void block(const Memory &m, int64_t b, int64_t head, int64_t first, int count, Group next) const {
        const int64_t at = l_.at(b, head) + first * l_.stride(), end = up_to(first + count, kPanel);
        take_rows(qkv_ + at, l_.stride(), count, l_.width, l_.scale, m.queries, l_.padded_width);
        take_rows(grad_output_ + l_.result_at(b, head) + first * l_.result_stride(), l_.result_stride(), count, l_.width, 1.0f,
                  m.upstream, l_.padded_width);
        for (int i = 0; i < count; i += kRows) {
            const int rows = static_cast<int>(least(count - i, kRows));
            const int64_t seen = first + i + rows, t = first + i, later = t + kBlock, more = least(l_.time - later, kRows);
            prefetch_for_write(grad_qkv_ + at + i * l_.stride(), l_.stride(), rows, l_.width);
            prefetch_rows(qkv_ + l_.at(b, head) + later * l_.stride(), l_.stride(), more, l_.width);
            prefetch_rows(grad_output_ + l_.result_at(b, head) + later * l_.result_stride(), l_.result_stride(), more,
                          l_.width);
            prefetch_group(qkv_, l_, next, t, rows);
            float *weights = m.weights + i * l_.score_stride, *gradients = m.gradients + i * l_.score_stride;
            scores(m.queries + i * l_.padded_width, l_.padded_width, rows, m.key_panels, seen, l_, weights);
            scores(m.upstream + i * l_.padded_width, l_.padded_width, rows, m.value_panels, seen, l_, gradients);
            for (int64_t row = 0; row < rows; row++)
                row_gradients(weights + row * l_.score_stride, gradients + row * l_.score_stride, first + i + row + 1, end);
            combine<Layout::rows>(gradients, l_.score_stride, rows, m.keys, seen, l_, m.grad_queries, false);
            put_rows(m.grad_queries, l_.padded_width, rows, l_.width, l_.scale, grad_qkv_ + at + i * l_.stride(), l_.stride());
        }
        // A key has gradients from its own token on.
        for (int64_t j = 0; j < first + count; j += kRows) {
            const int rows = static_cast<int>(least(first + count - j, kRows));
            const int64_t from = j > first ? j - first : 0, cell = from * l_.score_stride + j, row = from * l_.padded_width;
            combine<Layout::columns>(m.weights + cell, l_.score_stride, rows, m.upstream + row, count - from, l_,
                                     m.grad_values + j * l_.padded_width, true);
            combine<Layout::columns>(m.gradients + cell, l_.score_stride, rows, m.queries + row, count - from, l_,
                                     m.grad_keys + j * l_.padded_width, true);
        }
    }

    // A token's scores become its weights, the gradients of these those of its scores.
    static void row_gradients(float *weights, float *gradients, int64_t valid, int64_t end) {
        const Vec share = splat(1.0f / exponentials(weights, valid, end));
        for (int64_t j = 0; j < valid; j += kLanes)
            store(weights + j, load(weights + j) * share);
        score_gradients(weights, gradients, valid, end);
    }

    const Layouts l_;
    const T *qkv_, *grad_output_;
    T *grad_qkv_;
};

} // namespace

int attention_forward(const mhc_attention_forward_args &arguments) {
#ifndef MHC_ONLY_BF16
    if (arguments.head.dtype == MHC_FLOAT32)
        return forward<float>(arguments);
#endif
    return forward<Bf16>(arguments);
}

int attention_backward(const mhc_attention_backward_args &arguments) {
#ifndef MHC_ONLY_BF16
    if (arguments.head.dtype == MHC_FLOAT32)
        return Backward<float>(arguments).run();
#endif
    return Backward<Bf16>(arguments).run();
}

} // namespace mhc::MHC_NAMESPACE
