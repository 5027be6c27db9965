// mhc_multiply: the right factor is laid as panels, which all threads read, some columns and some of the depth at a time; then
// each thread has rows of the result. The left factor is read as it lies where its rows are float32 in memory, and laid as
// tiles elsewhere. Sums are taken in order of the depth in blocks that depend on the sizes only, so that threads change
// nothing.
//
// Where the processor multiplies pairs of bfloat16, factors of it are taken in pairs down the depth, each in the place of one
// number of float32. Elsewhere both are widened on their way into panels and tiles, and multiplied as float32.
#include "operations.h"
#include "product.h"
#include "streams.h"

namespace mhc::MHC_NAMESPACE {
namespace {

constexpr int64_t kMostDepth = 384, kMostColumns = 1536; // at a time: their panels stay in the cache that threads share
constexpr int64_t kGroupFloats = 64 << 10; // of the left factor at a time: they stay in a thread's own, beside the next ones

// What is multiplied at a time.
struct Block {
    int64_t column, columns, first, depth;
};

// How the numbers of a factor whose depth runs across its rows are taken, at one column or from it on: as they are, widened
// where they are of bfloat16. `Element` is what is multiplied at a time of a factor whose depth runs along its rows.
template <class T>
struct Singles {
    using Number = T;
    using Element = T;
    using Step = Numbers;

    static MHC_INLINE Vec vector(const T *from, int64_t stride, int64_t depth) { return load(from + depth * stride); }
    static MHC_INLINE float one(const T *from, int64_t stride, int64_t depth) { return widen(from[depth * stride]); }
};

#if defined(__AVX512BF16__)
// In pairs, of two rows.
struct Couples {
    using Number = Bf16;
    using Element = float;
    using Step = Pairs;

    static MHC_INLINE Vec vector(const Bf16 *from, int64_t stride, int64_t depth) {
        const Bf16 *even = from + 2 * depth * stride;
        return pair(load(even), load(even + stride));
    }

    static MHC_INLINE float one(const Bf16 *from, int64_t stride, int64_t depth) {
        const Bf16 *even = from + 2 * depth * stride;
        const uint32_t bits = even->bits | uint32_t{even[stride].bits} << 16;
        float value;
        __builtin_memcpy(&value, &bits, sizeof value);
        return value;
    }
};
#else
using Couples = Singles<Bf16>;
#endif

// `Taken` is Singles or Couples. Depths are counted in its elements.
template <class Taken, class Out>
class Product {
    using Number = typename Taken::Number;
    using Element = typename Taken::Element;
    using Step = typename Taken::Step;

    static constexpr int64_t kEach = sizeof(Element) / sizeof(Number);
    static constexpr bool kWidens = sizeof(Element) < sizeof(float);

  public:
    explicit Product(const mhc_multiply_args &a)
        : left_(static_cast<const Number *>(a.left)), right_(static_cast<const Number *>(a.right)),
          to_(static_cast<Out *>(a.to)), rows_(a.rows), columns_(a.columns), depth_(a.depth / kEach),
          left_transposed_(a.left_transposed != 0), right_transposed_(a.right_transposed != 0), accumulate_(a.accumulate != 0),
          laid_(kWidens || left_transposed_), tiles_(tiles_of(a.rows)) {}

    int run() const {
        // A sum of bfloat16 is rounded once: it cannot be taken in blocks.
        const int64_t most = sizeof(Out) == sizeof(float) ? kMostDepth : depth_ + 1;
        const int64_t blocks = (depth_ + most - 1) / most, depth = blocks == 0 ? 0 : (depth_ + blocks - 1) / blocks;
        const int64_t columns = least(columns_, kMostColumns);
        float *panels = static_cast<float *>(scratch(Buffer::packed, sizeof(float) * up_to(columns, kPanel) * depth));
        if (panels == nullptr)
            return MHC_ERROR_MEMORY;
        for (int64_t column = 0; column < columns_; column += columns)
            // Once where there is no depth too: the result is zeros.
            for (int64_t first = 0; first == 0 || first < depth_; first += depth) {
                const Block block = {column, least(columns, columns_ - column), first, least(depth, depth_ - first)};
                if (const int code = right_transposed_ ? lay_rows(block, panels) : lay_columns(block, panels); code != MHC_OK)
                    return code;
                if (const int code = multiply_block(block, panels); code != MHC_OK)
                    return code;
                if (depth_ == 0)
                    break;
            }
        return MHC_OK;
    }

  private:
    // Rows are shared out evenly: tiles of a few rows less cost less, and so many that two or four threads have equal work.
    static int64_t tiles_of(int64_t rows) {
        const int64_t fewest = (rows + kRows - 1) / kRows;
        return fewest < 16 ? fewest : up_to(fewest, 4);
    }

    int64_t first_row(int64_t tile) const { return rows_ * tile / tiles_; }

    // A row of a factor whose depth runs along it, from `first` on; its stride is depth_.
    const Element *along(const Number *factor, int64_t row, int64_t first) const {
        return reinterpret_cast<const Element *>(factor + (row * depth_ + first) * kEach);
    }

    // Columns of the right factor are rows in memory.
    int lay_rows(const Block &block, float *panels) const {
        return parallel((block.columns + kPanel - 1) / kPanel, block.depth * kPanel, [&](int64_t begin, int64_t end) {
            for (int64_t panel = begin; panel < end; panel++) {
                const int64_t column = block.column + panel * kPanel;
                take_panel(along(right_, column, block.first), depth_, least(kPanel, columns_ - column), block.depth,
                           panels + panel * kPanel * block.depth);
            }
        });
    }

    // A few rows of memory at a time, whole: pieces of many would be far apart, and so would the panels' of one.
    int lay_columns(const Block &block, float *panels) const {
        constexpr int64_t together = 8;
        return parallel(block.depth, block.columns, [&](int64_t begin, int64_t end) {
            for (int64_t k = begin; k < end; k += together)
                for (int64_t c = 0; c < block.columns; c += kPanel)
                    for (int64_t each = k; each < least(k + together, end); each++)
                        lay_row(right_ + block.column + c, columns_, block.first + each, least(kPanel, block.columns - c),
                                panels + c * block.depth + each * kPanel);
        });
    }

    static void lay_row(const Number *from, int64_t stride, int64_t depth, int64_t width, float *to) {
        for (int64_t j = 0; j < kPanel; j += kLanes)
            if (j + kLanes <= width)
                store(to + j, Taken::vector(from + j, stride, depth));
            else
                for (int64_t rest = j; rest < j + kLanes; rest++)
                    to[rest] = rest < width ? Taken::one(from + rest, stride, depth) : 0.0f;
    }

    int multiply_block(const Block &block, const float *panels) const {
        const int64_t tile_floats = kRows * block.depth + kLanes, wanted = kGroupFloats / tile_floats,
                      together = wanted < 1 ? 1 : wanted;
        bool failed = false;
        const int code = parallel(tiles_, kRows * block.depth * block.columns / kLanes, [&](int64_t begin, int64_t end) {
            float *laid = nullptr;
            if (laid_) {
                laid = static_cast<float *>(scratch(Buffer::rows, sizeof(float) * together * tile_floats));
                if (laid == nullptr) {
                    __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
                    return;
                }
            }
            for (int64_t tile = begin; tile < end; tile += together) {
                const int64_t count = least(together, end - tile);
                if (laid != nullptr)
                    lay_tiles(block, tile, count, laid, tile_floats);
                const int64_t next = least(tile + count, end), after = least(next + together, end);
                const int64_t cells = count * ((block.columns + kPanel - 1) / kPanel);
                int64_t cell = 0;
                for (int64_t c = 0; c < block.columns; c += kPanel)
                    for (int64_t i = 0; i < count; i++, cell++) {
                        prefetch_left(block, first_row(next), first_row(after), cell, cells);
                        multiply_cell(block, tile + i, laid == nullptr ? nullptr : laid + i * tile_floats,
                                      panels + c * block.depth, c);
                    }
            }
        });
        return failed ? MHC_ERROR_MEMORY : code;
    }

    // Asks for a share of the left factor's rows from `begin` to `end`: memory has the time while others are multiplied.
    void prefetch_left(const Block &block, int64_t begin, int64_t end, int64_t share, int64_t shares) const {
        if (left_transposed_) {
            const int64_t first = block.first * kEach, depth = block.depth * kEach;
            for (int64_t k = depth * share / shares; k < depth * (share + 1) / shares; k++)
                for (int64_t row = begin; row < end; row += kLine<Number>)
                    prefetch(left_ + (first + k) * rows_ + row);
            return;
        }
        const int64_t rows = end - begin, lines = rows * ((block.depth + kLine<Element> - 1) / kLine<Element>);
        for (int64_t each = lines * share / shares; each < lines * (share + 1) / shares; each++)
            prefetch(along(left_, begin + each % rows, block.first) + each / rows * kLine<Element>);
    }

    void lay_tiles(const Block &block, int64_t tile, int64_t count, float *to, int64_t tile_floats) const {
        if (left_transposed_)
            lay_across(block, tile, count, to, tile_floats);
        else
            for (int64_t i = 0; i < count; i++)
                take_rows(along(left_, first_row(tile + i), block.first), depth_, first_row(tile + i + 1) - first_row(tile + i),
                          block.depth, 1.0f, to + i * tile_floats, block.depth);
    }

    // Whole vectors are written, of which the next row overwrites what is too much.
    void lay_across(const Block &block, int64_t tile, int64_t count, float *to, int64_t tile_floats) const {
        for (int64_t k = 0; k < block.depth; k++)
            for (int64_t i = 0; i < count; i++)
                for (int64_t row = 0; row < kRows; row += kLanes) {
                    const int64_t at = first_row(tile + i) + row;
                    float *cell = to + i * tile_floats + k * kRows + row;
                    if (at + kLanes <= rows_)
                        store(cell, Taken::vector(left_ + at, rows_, block.first + k));
                    else
                        for (int64_t rest = at; rest < rows_; rest++)
                            cell[rest - at] = Taken::one(left_ + rest, rows_, block.first + k);
                }
    }

    void multiply_cell(const Block &block, int64_t tile, const float *laid, const float *panel, int64_t c) const {
        const int rows = static_cast<int>(first_row(tile + 1) - first_row(tile));
        const int64_t width = least(kPanel, block.columns - c);
        Out *to = to_ + first_row(tile) * columns_ + block.column + c;
        const bool adds = accumulate_ || block.first > 0;
        if (width == kPanel)
            return multiply_to(block, tile, rows, laid, panel, to, columns_, adds);
        Out sums[kRows * kPanel];
        multiply_to(block, tile, rows, laid, panel, sums, kPanel, false);
        for (int i = 0; i < rows; i++)
            for (int64_t j = 0; j < width; j++)
                add(to[i * columns_ + j], sums[i * kPanel + j], adds);
    }

    static void add(float &to, float value, bool accumulate) { to = accumulate ? to + value : value; }
    static void add(Bf16 &to, Bf16 value, bool) { to = value; }

    template <class To>
    void multiply_to(const Block &block, int64_t tile, int rows, const float *laid, const float *panel, To *to, int64_t stride,
                     bool accumulate) const {
        Tile<To> at = {laid, kRows, panel, kPanel, to, stride, block.depth, accumulate};
        if (left_transposed_)
            return multiply_tile<Layout::columns, Step>(rows, at);
        if constexpr (kWidens) {
            at.left_stride = block.depth;
        } else {
            at.left = along(left_, first_row(tile), block.first);
            at.left_stride = depth_;
        }
        multiply_tile<Layout::rows, Step>(rows, at);
    }

    const Number *left_, *right_;
    Out *to_;
    int64_t rows_, columns_, depth_;
    bool left_transposed_, right_transposed_, accumulate_, laid_; // laid_: the left factor is laid as tiles
    int64_t tiles_;
};

#if !defined(__AVX512BF16__)
// Of a deep product that is rounded to bfloat16, sums are taken in blocks, in float32, and rounded at the end: panels of the
// whole depth would be as large as the right factor in float32.
int multiply_deep(mhc_multiply_args a) {
    Bf16 *to = static_cast<Bf16 *>(a.to);
    float *sums = static_cast<float *>(scratch(Buffer::sums, sizeof(float) * a.rows * a.columns));
    if (sums == nullptr)
        return MHC_ERROR_MEMORY;
    a.to = sums;
    if (const int code = Product<Couples, float>(a).run(); code != MHC_OK)
        return code;
    return parallel(a.rows, a.columns, [&](int64_t begin, int64_t end) {
        each_block((end - begin) * a.columns, [&](int64_t c, auto lanes) MHC_INLINE_BODY {
            store(to + begin * a.columns + c, load(sums + begin * a.columns + c, lanes), lanes);
        });
    });
}
#endif

} // namespace

int multiply(const mhc_multiply_args &arguments) {
#ifndef MHC_ONLY_BF16
    if (arguments.dtype == MHC_FLOAT32)
        return Product<Singles<float>, float>(arguments).run();
#endif
#if !defined(__AVX512BF16__)
    if (arguments.to_dtype == MHC_BFLOAT16 && arguments.depth > kMostDepth)
        return multiply_deep(arguments);
#endif
    return arguments.to_dtype == MHC_FLOAT32 ? Product<Couples, float>(arguments).run()
                                             : Product<Couples, Bf16>(arguments).run();
}

} // namespace mhc::MHC_NAMESPACE
