// What the kernel tests share: tensors that end at the end of their allocation, random values, comparison, and the loop over
// sizes and instruction sets.
#pragma once

#include "check.h"
#include "mhc.h"
#include "pool.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>

namespace mhc::test {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// SplitMix64, and normal values by adding up twelve uniform ones.
class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        state_ += 0x9e3779b97f4a7c15u;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    double normal() {
        double total = -6;
        for (int i = 0; i < 12; i++)
            total += static_cast<double>(next() >> 11) * 0x1p-53;
        return total;
    }

  private:
    uint64_t state_;
};

// Floats whose first one is not aligned to a vector and whose last one is the allocation's last, for AddressSanitizer's sake.
class Tensor {
  public:
    explicit Tensor(int64_t size, float value = kNaN) : size_(size), memory_(new float[size + kShift]) {
        for (int64_t i = 0; i < size; i++)
            data()[i] = value;
    }

    Tensor(int64_t size, Random &random, double scale = 1.0) : Tensor(size) {
        for (int64_t i = 0; i < size; i++)
            data()[i] = static_cast<float>(scale * random.normal());
    }

    Tensor(const Tensor &other) : Tensor(other.size_) { std::memcpy(data(), other.data(), size_ * sizeof(float)); }
    Tensor &operator=(const Tensor &) = delete;

    float *data() { return memory_.get() + kShift; }
    const float *data() const { return memory_.get() + kShift; }
    operator float *() { return data(); }
    operator const float *() const { return data(); }
    int64_t size() const { return size_; }

    std::vector<double> wide() const { return {data(), data() + size_}; }

    bool same_bits(const Tensor &other) const {
        return size_ == other.size_ && std::memcmp(data(), other.data(), size_ * sizeof(float)) == 0;
    }

  private:
    static constexpr int kShift = 1;
    int64_t size_;
    std::unique_ptr<float[]> memory_;
};

struct Shape {
    int64_t tokens;
    int n;
    int64_t channels;

    int64_t depth() const { return n * channels; }
    int64_t coefficients() const { return n * n + 2 * n; }
    uint64_t seed() const { return static_cast<uint64_t>(tokens * 1000003 + n * 10007 + channels); }
};

// The largest difference relative to the largest element of the reference; infinity where one is NaN and the other not.
inline double error_of(const Tensor &actual, const std::vector<double> &expected) {
    double largest = 1e-30, difference = 0;
    for (int64_t i = 0; i < actual.size(); i++) {
        const double a = actual.data()[i], e = expected[i];
        if (!std::isfinite(a) || !std::isfinite(e))
            return std::numeric_limits<double>::infinity();
        largest = std::fmax(largest, std::fabs(e));
        difference = std::fmax(difference, std::fabs(a - e));
    }
    return difference / largest;
}

inline void expect_close(const char *what, const Shape &shape, const Tensor &actual, const std::vector<double> &expected,
                         double tolerance = 2e-5) {
    const double error = error_of(actual, expected);
    expect(error <= tolerance, "%s %s: T=%lld n=%d C=%lld: error %.3g > %.3g", mhc_isa(), what,
           static_cast<long long>(shape.tokens), shape.n, static_cast<long long>(shape.channels), error, tolerance);
}

inline void expect_same(const char *what, const Shape &shape, const Tensor &one, const Tensor &other) {
    expect(one.same_bits(other), "%s %s: T=%lld n=%d C=%lld: bits differ", mhc_isa(), what,
           static_cast<long long>(shape.tokens), shape.n, static_cast<long long>(shape.channels));
}

inline void expect_ok(int code, const char *error) {
    expect(code == MHC_OK, "%s: code %d: %s", mhc_isa(), code, error);
}

inline bool select_isa(const char *name, mhc_parallel_for loop) {
    setenv("MHC_ISA", name, 1);
    char error[256] = "";
    const int code = mhc_initialize(loop, error, sizeof error);
    expect(code == MHC_OK || code == MHC_ERROR_UNSUPPORTED, "MHC_ISA=%s: code %d: %s", name, code, error);
    return code == MHC_OK;
}

// Calls body once for every build that this processor can run, AVX-512's emulation included.
template <class F>
void each_isa(const F &body, mhc_parallel_for loop = nullptr) {
    int ran = 0;
    for (const char *name : {"plain", "avx2", "avx512", "emulated"})
        if (select_isa(name, loop)) {
            body();
            ran++;
        }
    expect(ran >= 2, "plain and emulated must run everywhere");
}

// Instrumented code is slow, and the largest sizes take no path that smaller ones do not.
#ifdef __SANITIZE_ADDRESS__
constexpr int64_t kTokens[] = {1, 3, 17}, kChannels[] = {1, 5, 16, 33, 128};
#else
constexpr int64_t kTokens[] = {1, 3, 17, 64}, kChannels[] = {1, 5, 16, 33, 128, 512};
#endif

// Calls body for all sizes; C = 0 stands for operations without channels.
template <class F>
void each_shape(bool channels, const F &body) {
    for (int n = 1; n <= MHC_MAX_STREAMS; n++)
        for (const int64_t tokens : kTokens)
            if (!channels)
                body(Shape{tokens, n, 0});
            else
                for (const int64_t c : kChannels)
                    body(Shape{tokens, n, c});
}

// Sizes at which several threads share the work, with odd ends.
inline std::vector<Shape> large_shapes() {
    return {{1000, 4, 64}, {777, 4, 33}, {300, 3, 100}, {333, 8, 17}};
}

} // namespace mhc::test
