// What the kernel tests share: tensors that end at the end of their allocation, random values, comparison, and the loop over
// sizes and instruction sets.
#pragma once

#include "check.h"
#include "mhc.h"
#include "pool.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>

namespace mhc::test {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// SplitMix64, and nearly normal values: the sum of four uniform ones, in the four quarters of one draw.
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
        const uint64_t draw = next();
        const int64_t total = (draw & 0xffff) + (draw >> 16 & 0xffff) + (draw >> 32 & 0xffff) + (draw >> 48);
        return static_cast<double>(total - 2 * 0xffff) * (1.7320508075688772 / 0x10000); // a quarter's variance is 1/12
    }

  private:
    uint64_t state_;
};

// The nearest bfloat16, ties to even, as a float.
inline float rounded(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    bits = std::isnan(value) ? bits | 0x400000 : (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// Elements whose first one is not aligned to a vector and whose last one is the allocation's last, for AddressSanitizer's sake.
class Tensor {
  public:
    explicit Tensor(int64_t size, float value = kNaN, int dtype = MHC_FLOAT32)
        : size_(size), dtype_(dtype), memory_(new char[(size + kShift) * width()]) {
        if (size == 0)
            return;
        set(0, value);
        if (dtype == MHC_BFLOAT16)
            std::fill_n(reinterpret_cast<uint16_t *>(bytes()), size, *reinterpret_cast<uint16_t *>(bytes()));
        else
            std::fill_n(data(), size, value);
    }

    Tensor(int64_t size, Random &random, double scale = 1.0, int dtype = MHC_FLOAT32) : Tensor(size, kNaN, dtype) {
        for (int64_t i = 0; i < size; i++)
            set(i, static_cast<float>(scale * random.normal()));
    }

    Tensor(const Tensor &other) : Tensor(other.size_, kNaN, other.dtype_) {
        std::memcpy(bytes(), other.bytes(), size_ * width());
    }
    Tensor &operator=(const Tensor &) = delete;

    // Of a float32 tensor.
    float *data() { return reinterpret_cast<float *>(bytes()); }
    const float *data() const { return reinterpret_cast<const float *>(bytes()); }
    operator float *() { return data(); }
    operator const float *() const { return data(); }

    // Of any.
    operator void *() { return bytes(); }
    operator const void *() const { return bytes(); }
    int64_t size() const { return size_; }
    int dtype() const { return dtype_; }

    float at(int64_t i) const {
        float value = 0;
        if (dtype_ == MHC_BFLOAT16)
            std::memcpy(reinterpret_cast<char *>(&value) + 2, bytes() + 2 * i, 2);
        else
            std::memcpy(&value, bytes() + 4 * i, 4);
        return value;
    }

    void set(int64_t i, float value) {
        if (dtype_ == MHC_BFLOAT16) {
            value = rounded(value);
            std::memcpy(bytes() + 2 * i, reinterpret_cast<const char *>(&value) + 2, 2);
        } else {
            std::memcpy(bytes() + 4 * i, &value, 4);
        }
    }

    // Makes every element a bfloat16 number.
    void round() {
        for (int64_t i = 0; i < size_; i++)
            set(i, rounded(at(i)));
    }

    std::vector<double> wide() const {
        std::vector<double> values(size_);
        for (int64_t i = 0; i < size_; i++)
            values[i] = at(i);
        return values;
    }

    bool same_bits(const Tensor &other) const { return size_ == other.size_ && same_bits(other.bytes()); }
    bool same_bits(const void *other) const { return std::memcmp(bytes(), other, size_ * width()) == 0; }

  private:
    static constexpr int kShift = 1;

    int64_t width() const { return dtype_ == MHC_BFLOAT16 ? 2 : 4; }
    char *bytes() { return memory_.get() + kShift * width(); }
    const char *bytes() const { return memory_.get() + kShift * width(); }

    int64_t size_;
    int dtype_;
    std::unique_ptr<char[]> memory_;
};

struct Shape {
    int64_t tokens;
    int n;
    int64_t channels;
    int dtype = MHC_FLOAT32;

    int64_t depth() const { return n * channels; }
    int64_t coefficients() const { return n * n + 2 * n; }
    mhc_head head(int iterations = 0) const { return {0, dtype, n, iterations, tokens, channels}; }
    uint64_t seed() const { return static_cast<uint64_t>(tokens * 1000003 + n * 10007 + channels); }
};

// The largest difference relative to the largest element of the reference; infinity where one is NaN and the other not.
inline double error_of(const Tensor &actual, const std::vector<double> &expected) {
    double largest = 1e-30, difference = 0;
    for (int64_t i = 0; i < actual.size(); i++) {
        const double a = actual.at(i), e = expected[i];
        if (!std::isfinite(a) || !std::isfinite(e))
            return std::numeric_limits<double>::infinity();
        largest = std::fmax(largest, std::fabs(e));
        difference = std::fmax(difference, std::fabs(a - e));
    }
    return difference / largest;
}

// Of what is stored as bfloat16, or comes from something that was on the way.
constexpr double kRounded = 1e-2;

inline void expect_close(const char *what, const Shape &shape, const Tensor &actual, const std::vector<double> &expected,
                         double tolerance = 2e-5) {
    const double error = error_of(actual, expected), most = actual.dtype() == MHC_BFLOAT16 ? kRounded : tolerance;
    expect(error <= most, "%s %s: T=%lld n=%d C=%lld dtype=%d: error %.3g > %.3g", mhc_isa(), what,
           static_cast<long long>(shape.tokens), shape.n, static_cast<long long>(shape.channels), shape.dtype, error, most);
}

inline void expect_same(const char *what, const Shape &shape, const Tensor &one, const Tensor &other) {
    expect(one.same_bits(other), "%s %s: T=%lld n=%d C=%lld dtype=%d: bits differ", mhc_isa(), what,
           static_cast<long long>(shape.tokens), shape.n, static_cast<long long>(shape.channels), shape.dtype);
}

// The arguments of an operation with their size in front.
template <class A>
A sized(A arguments) {
    const uint32_t size = sizeof arguments;
    std::memcpy(&arguments, &size, sizeof size);
    return arguments;
}

// Calls an operation, which must not refuse; the arguments' size is put in.
template <class A>
void compute(int (*operation)(const A *, char *, size_t), const A &arguments) {
    char error[128] = "";
    const A complete = sized(arguments);
    const int code = operation(&complete, error, sizeof error);
    expect(code == MHC_OK, "%s: code %d: %s", mhc_isa(), code, error);
}

// The build that MHC_ISA names, with a loop, while this lives; then what the process began with.
class Selected {
  public:
    explicit Selected(const char *isa, mhc_parallel_for loop = nullptr) : before_(std::getenv("MHC_ISA")) {
        if (before_ != nullptr)
            kept_ = before_;
        setenv("MHC_ISA", isa, 1);
        char error[256] = "";
        const int code = mhc_initialize(loop, error, sizeof error);
        expect(code == MHC_OK || code == MHC_ERROR_UNSUPPORTED, "MHC_ISA=%s: code %d: %s", isa, code, error);
        supported_ = code == MHC_OK;
    }

    ~Selected() {
        if (before_ != nullptr)
            setenv("MHC_ISA", kept_.c_str(), 1);
        else
            unsetenv("MHC_ISA");
        mhc_initialize(nullptr, nullptr, 0);
    }

    Selected(const Selected &) = delete;
    Selected &operator=(const Selected &) = delete;

    // Whether this processor can run it.
    bool supported() const { return supported_; }

  private:
    const char *before_;
    std::string kept_;
    bool supported_;
};

// An emulated processor is slow: MHC_TEST_FEW asks for one size of nine.
inline bool few() {
    return std::getenv("MHC_TEST_FEW") != nullptr;
}

// Calls body for every build that this processor can run and that computes with this data type in a way of its own.
// AVX-512 is emulated where the processor lacks it: the sources are the same. On an emulated processor that would take most of
// the time.
template <class F>
void each_isa(int dtype, const F &body, mhc_parallel_for loop = nullptr) {
    const auto run = [&](const char *name) {
        const Selected build(name, loop);
        if (build.supported())
            body();
        return build.supported();
    };
    const bool plain = run("plain");
    run("avx2");
    const bool wide = run("avx512") || few() || run("emulated");
    if (dtype == MHC_BFLOAT16)
        run("avx512_bf16"); // its float32 kernels are avx512's
    expect(plain && wide, "plain and sixteen lanes must run everywhere");
}

// Instrumented code is slow, and the largest sizes reach no memory in a way that smaller ones do not.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kInstrumented = true;
#else
constexpr bool kInstrumented = false;
#endif

constexpr int64_t kTokens[] = {1, 3, 17}, kChannels[] = {1, 5, 16, 33, 128};

// Calls body for all sizes without channels.
template <class F>
void each_shape_without_channels(const F &body) {
    for (int n = 1; n <= MHC_MAX_STREAMS; n++)
        for (const int64_t tokens : kTokens)
            body(Shape{tokens, n, 0});
}

// All sizes in float32, with sizes beyond every block of tokens and of channels, and some of every kind in bfloat16.
// Of a few numbers that nearly cancel, as with one channel, nothing is left where they are rounded so.
inline std::vector<Shape> all_shapes() {
    std::vector<Shape> all;
    for (int n = 1; n <= MHC_MAX_STREAMS; n++) {
        for (const int64_t tokens : kTokens)
            for (const int64_t c : kChannels)
                all.push_back({tokens, n, c, MHC_FLOAT32});
        if (!kInstrumented)
            all.push_back({150, n, 72, MHC_FLOAT32});
        for (const int64_t tokens : {1, 3, 17})
            for (const int64_t c : {5, 16, 33, 200})
                all.push_back({tokens, n, c, MHC_BFLOAT16});
    }
    if (!kInstrumented)
        all.push_back({70, 4, 520, MHC_FLOAT32});
    return all;
}

template <class F>
void each_shape(const F &body) {
    const std::vector<Shape> all = all_shapes();
    for (size_t i = 0; i < all.size(); i += few() ? 9 : 1)
        body(all[i]);
}

// Calls body for every build, data type and kind of value that must come through.
template <class F>
void each_bad_value(const F &body) {
    for (const int dtype : {MHC_FLOAT32, MHC_BFLOAT16})
        each_isa(dtype, [&] {
            for (const float bad : {kNaN, kInfinity})
                body(Shape{9, 4, 37, dtype}, bad);
        });
}

// Sizes at which several threads share the work, with odd ends.
inline std::vector<Shape> large_shapes() {
    std::vector<Shape> shapes;
    for (const int dtype : {MHC_FLOAT32, MHC_BFLOAT16}) {
        shapes.insert(
            shapes.end(),
            {{1000, 4, 64, dtype}, {777, 4, 33, dtype}, {300, 2, 100, dtype}, {300, 3, 100, dtype}, {333, 8, 17, dtype}});
        if (few())
            shapes.erase(shapes.end() - 4, shapes.end());
    }
    return shapes;
}

} // namespace mhc::test
