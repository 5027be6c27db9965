// mhc_multiply: the right factor is laid as panels, which all threads read, some columns and some of the depth at a time; then
// each thread has rows of the result. The left factor is read as it lies where its rows are in memory, and laid as tiles where
// its columns are. Sums are taken in order of the depth in blocks that depend on the sizes only, so that threads change
// nothing. Factors of bfloat16 are taken in pairs down the depth, each in the place of one number of float32.
#include "operations.h"
#include "product.h"
#include "streams.h"

namespace mhc::MHC_NAMESPACE {
namespace {

constexpr int64_t kMostDepth = 1024, kMostColumns = 1024; // at a time: their panels stay in the cache that threads share
constexpr int64_t kGroupFloats = 96 << 10;                // of the left factor at a time: they stay in a thread's own

// A tile that is laid has whole vectors: what is too much is not looked at.
constexpr int kLaidRows = static_cast<int>(up_to(kRows, kLanes));

// What is multiplied at a time.
struct Block {
    int64_t column, columns, first, depth;
};

int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

// How a factor's numbers are taken: as they are.
struct Singles {
    using Number = float;
    using Step = Numbers;

    // to[i] = row `depth` of a factor whose rows are `stride` numbers long, for `count` columns of it; zeros up to `padded`.
    static void lay_row(const float *from, int64_t stride, int64_t depth, int64_t count, float *to, int64_t padded) {
        take_rows(from + depth * stride, stride, 1, count, 1.0f, to, padded);
    }
};

// In pairs: row `depth` is two rows of bfloat16.
struct Couples {
    using Number = Bf16;
    using Step = Pairs;

    static void lay_row(const Bf16 *from, int64_t stride, int64_t depth, int64_t count, float *to, int64_t padded) {
        const Bf16 *even = from + 2 * depth * stride, *odd = even + stride;
        int64_t i = 0;
        for (; i + kLanes <= count; i += kLanes)
            store(to + i, join(load(even + i), load(odd + i)));
        for (; i < padded; i++) {
            const uint32_t pair = i < count ? even[i].bits | uint32_t{odd[i].bits} << 16 : 0;
            __builtin_memcpy(to + i, &pair, sizeof pair);
        }
    }

  private:
    // Of two vectors that were widened.
    static MHC_INLINE Vec join(Vec even, Vec odd) {
        return reinterpret_cast<Vec>(reinterpret_cast<BitVec>(even) >> 16 | reinterpret_cast<BitVec>(odd));
    }
};

// `Taken` is Singles or Couples. Depths are counted in numbers of the former, pairs of the latter.
template <class Taken, class Out>
class Product {
    using Number = typename Taken::Number;
    using Step = typename Taken::Step;

    static constexpr int64_t kTogether = 8; // rows that are laid before it goes on along them
    static constexpr int64_t kEach = sizeof(float) / sizeof(Number);

  public:
    explicit Product(const Multiply &a)
        : left_(static_cast<const Number *>(a.left)), right_(static_cast<const Number *>(a.right)),
          to_(static_cast<Out *>(a.to)), rows_(a.rows), columns_(a.columns), depth_(a.depth / kEach),
          left_transposed_(a.left_transposed), right_transposed_(a.right_transposed), tiles_(tiles_of(a.rows)) {}

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
    const float *along(const Number *factor, int64_t row, int64_t first) const {
        return reinterpret_cast<const float *>(factor + (row * depth_ + first) * kEach);
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
        return parallel(block.depth, block.columns, [&](int64_t begin, int64_t end) {
            for (int64_t k = begin; k < end; k += kTogether)
                for (int64_t c = 0; c < block.columns; c += kPanel)
                    for (int64_t each = k; each < least(k + kTogether, end); each++)
                        Taken::lay_row(right_ + block.column + c, columns_, block.first + each,
                                       least(kPanel, block.columns - c), panels + c * block.depth + each * kPanel, kPanel);
        });
    }

    int multiply_block(const Block &block, const float *panels) const {
        const int64_t tile_floats = kLaidRows * block.depth, wanted = kGroupFloats / (tile_floats + 1),
                      together = wanted < 1 ? 1 : wanted;
        bool failed = false;
        const int code = parallel(tiles_, kRows * block.depth * block.columns / kLanes, [&](int64_t begin, int64_t end) {
            float *laid = nullptr;
            if (left_transposed_) {
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
                for (int64_t c = 0; c < block.columns; c += kPanel)
                    for (int64_t i = 0; i < count; i++)
                        multiply_cell(block, tile + i, laid == nullptr ? nullptr : laid + i * tile_floats,
                                      panels + c * block.depth, c);
            }
        });
        return failed ? MHC_ERROR_MEMORY : code;
    }

    void lay_tiles(const Block &block, int64_t tile, int64_t count, float *to, int64_t tile_floats) const {
        for (int64_t k = 0; k < block.depth; k += kTogether)
            for (int64_t i = 0; i < count; i++) {
                const int64_t row = first_row(tile + i), width = least(kLaidRows, rows_ - row);
                for (int64_t each = k; each < least(k + kTogether, block.depth); each++)
                    Taken::lay_row(left_ + row, rows_, block.first + each, width, to + i * tile_floats + each * kLaidRows,
                                   kLaidRows);
            }
    }

    void multiply_cell(const Block &block, int64_t tile, const float *laid, const float *panel, int64_t c) const {
        const int rows = static_cast<int>(first_row(tile + 1) - first_row(tile));
        const int64_t width = least(kPanel, block.columns - c);
        Out *to = to_ + first_row(tile) * columns_ + block.column + c;
        if (width == kPanel)
            return multiply_to(block, tile, rows, laid, panel, to, columns_, block.first > 0);
        Out sums[kRows * kPanel];
        multiply_to(block, tile, rows, laid, panel, sums, kPanel, false);
        for (int i = 0; i < rows; i++)
            for (int64_t j = 0; j < width; j++)
                add(to[i * columns_ + j], sums[i * kPanel + j], block.first > 0);
    }

    static void add(float &to, float value, bool accumulate) { to = accumulate ? to + value : value; }
    static void add(Bf16 &to, Bf16 value, bool) { to = value; }

    template <class To>
    void multiply_to(const Block &block, int64_t tile, int rows, const float *laid, const float *panel, To *to, int64_t stride,
                     bool accumulate) const {
        if (laid != nullptr)
            multiply_tile<Layout::columns, Step>(rows,
                                                 Tile<To>{laid, kLaidRows, panel, kPanel, to, stride, block.depth, accumulate});
        else
            multiply_tile<Layout::rows, Step>(rows, Tile<To>{along(left_, first_row(tile), block.first), depth_, panel, kPanel,
                                                             to, stride, block.depth, accumulate});
    }

    const Number *left_, *right_;
    Out *to_;
    int64_t rows_, columns_, depth_;
    bool left_transposed_, right_transposed_;
    int64_t tiles_;
};

} // namespace

int multiply(const Multiply &arguments, [[maybe_unused]] const Sizes &sizes) {
#ifndef MHC_ONLY_BF16
    if (sizes.dtype == MHC_FLOAT32)
        return Product<Singles, float>(arguments).run();
#endif
    return arguments.to_dtype == MHC_FLOAT32 ? Product<Couples, float>(arguments).run()
                                             : Product<Couples, Bf16>(arguments).run();
}

} // namespace mhc::MHC_NAMESPACE
