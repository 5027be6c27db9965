// mhc_multiply: the right factor is laid as panels, which all threads read, some columns and some of the depth at a time; then
// each thread has rows of the result. The left factor is read as it lies where its rows are in memory, and laid as tiles where
// its columns are. Sums are taken in order of the depth in blocks that depend on the sizes only, so that threads change
// nothing.
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

class Product {
  public:
    explicit Product(const Multiply &a) : a_(a), tiles_(tiles_of(a.rows)) {}

    int run() const {
        const int64_t blocks = (a_.depth + kMostDepth - 1) / kMostDepth,
                      depth = blocks == 0 ? 0 : (a_.depth + blocks - 1) / blocks;
        const int64_t columns = a_.columns < kMostColumns ? a_.columns : kMostColumns;
        float *panels = static_cast<float *>(scratch(Buffer::packed, sizeof(float) * up_to(columns, kPanel) * depth));
        if (panels == nullptr)
            return MHC_ERROR_MEMORY;
        for (int64_t column = 0; column < a_.columns; column += columns)
            // Once where there is no depth too: the result is zeros.
            for (int64_t first = 0; first == 0 || first < a_.depth; first += depth) {
                const Block block = {column, least(columns, a_.columns - column), first, least(depth, a_.depth - first)};
                if (const int code = lay_panels(block, panels); code != MHC_OK)
                    return code;
                if (const int code = multiply_block(block, panels); code != MHC_OK)
                    return code;
                if (a_.depth == 0)
                    break;
            }
        return MHC_OK;
    }

  private:
    static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

    // Rows are shared out evenly: tiles of a few rows less cost less, and so many that two or four threads have equal work.
    static int64_t tiles_of(int64_t rows) {
        const int64_t fewest = (rows + kRows - 1) / kRows;
        return fewest < 16 ? fewest : up_to(fewest, 4);
    }

    int64_t first_row(int64_t tile) const { return a_.rows * tile / tiles_; }

    int lay_panels(const Block &block, float *panels) const {
        return a_.right_transposed ? lay_rows(block, panels) : lay_columns(block, panels);
    }

    // Columns of the right factor are rows in memory.
    int lay_rows(const Block &block, float *panels) const {
        return parallel((block.columns + kPanel - 1) / kPanel, block.depth * kPanel, [&](int64_t begin, int64_t end) {
            for (int64_t panel = begin; panel < end; panel++) {
                const int64_t column = block.column + panel * kPanel;
                take_panel(a_.right + column * a_.depth + block.first, a_.depth, least(kPanel, a_.columns - column),
                           block.depth, panels + panel * kPanel * block.depth);
            }
        });
    }

    // A few rows of memory at a time, whole: pieces of many would be far apart.
    int lay_columns(const Block &block, float *panels) const {
        constexpr int64_t together = 8;
        return parallel(block.depth, block.columns, [&](int64_t begin, int64_t end) {
            for (int64_t k = begin; k < end; k += together)
                for (int64_t c = 0; c < block.columns; c += kPanel)
                    take_rows(a_.right + (block.first + k) * a_.columns + block.column + c, a_.columns,
                              least(together, end - k), least(kPanel, block.columns - c), 1.0f,
                              panels + c * block.depth + k * kPanel, kPanel);
        });
    }

    int multiply_block(const Block &block, const float *panels) const {
        const int64_t tile_floats = kLaidRows * block.depth, wanted = kGroupFloats / tile_floats,
                      together = wanted < 1 ? 1 : wanted;
        bool failed = false;
        const int code = parallel(tiles_, kRows * block.depth * block.columns / kLanes, [&](int64_t begin, int64_t end) {
            float *laid = nullptr;
            if (a_.left_transposed) {
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
        for (int64_t k = 0; k < block.depth; k++) {
            const float *from = a_.left + (block.first + k) * a_.rows;
            for (int64_t i = 0; i < count; i++)
                for (int64_t row = 0; row < kLaidRows; row += kLanes) {
                    const int64_t at = first_row(tile + i) + row;
                    float *cell = to + i * tile_floats + k * kLaidRows + row;
                    if (at + kLanes <= a_.rows)
                        store(cell, load(from + at));
                    else
                        for (int64_t rest = at; rest < a_.rows; rest++)
                            cell[rest - at] = from[rest];
                }
        }
    }

    void multiply_cell(const Block &block, int64_t tile, const float *laid, const float *panel, int64_t c) const {
        const int rows = static_cast<int>(first_row(tile + 1) - first_row(tile));
        const int64_t width = least(kPanel, block.columns - c);
        float *to = a_.to + first_row(tile) * a_.columns + block.column + c;
        if (width == kPanel)
            return multiply_to(block, tile, rows, laid, panel, to, a_.columns, block.first > 0);
        float sums[kRows * kPanel];
        multiply_to(block, tile, rows, laid, panel, sums, kPanel, false);
        for (int i = 0; i < rows; i++)
            for (int64_t j = 0; j < width; j++)
                to[i * a_.columns + j] = sums[i * kPanel + j] + (block.first > 0 ? to[i * a_.columns + j] : 0.0f);
    }

    void multiply_to(const Block &block, int64_t tile, int rows, const float *laid, const float *panel, float *to,
                     int64_t stride, bool accumulate) const {
        if (laid != nullptr)
            multiply_tile<Layout::columns>(rows, {laid, kLaidRows, panel, kPanel, to, stride, block.depth, accumulate});
        else
            multiply_tile<Layout::rows>(rows, {a_.left + first_row(tile) * a_.depth + block.first, a_.depth, panel, kPanel, to,
                                               stride, block.depth, accumulate});
    }

    const Multiply &a_;
    const int64_t tiles_;
};

} // namespace

int multiply(const Multiply &arguments, const Sizes &) {
    return Product(arguments).run();
}

} // namespace mhc::MHC_NAMESPACE
