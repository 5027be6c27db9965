// Checks of the C ABI's arguments. The first failure is kept; later checks do nothing.
#pragma once

#include "failure.h"
#include "kernels.h"
#include "versions.h"

#include <cstdint>

namespace mhc {

// What an operation on streams takes from its head besides the tokens and n.
enum class Uses { iterations, channels, both };

class Arguments {
  public:
    Arguments(char *error, std::size_t error_size) : error_(error), error_size_(error_size) {}

    // Whether the struct is there and is the one that this library was compiled with; nothing but its size is read.
    template <class A>
    bool known(const A *arguments) {
        elements("arguments", arguments, 1, alignof(A));
        if (good_ && size_of(arguments) != sizeof(A))
            reject(kOtherVersion, sizeof(A), size_of(arguments));
        return good_;
    }

    Arguments &head(const mhc_head &head, Uses uses) {
        const bool channels = uses != Uses::iterations, iterations = uses != Uses::channels;
        dtype(head.dtype, channels ? MHC_BFLOAT16 : MHC_FLOAT32).range("tokens", head.tokens, 0, kMostRows);
        range("n", head.n, 1, MHC_MAX_STREAMS);
        const int64_t rows = head.tokens < 8 ? 8 : head.tokens;
        range("channels", head.channels, 0, !channels ? 0 : good_ ? kMostRows / rows : INT64_MAX);
        range("iterations", head.iterations, iterations ? 1 : 0, iterations ? MHC_MAX_ITERATIONS : 0);
        tokens_ = head.tokens;
        streams_ = head.n;
        // width() must not overflow after a rejection.
        channels_ = good_ ? head.channels : 0;
        return *this;
    }

    // How tensors are stored.
    Arguments &dtype(int32_t value, int32_t most = MHC_BFLOAT16) {
        dtype_ = value;
        return range("dtype", value, MHC_FLOAT32, most);
    }

    Arguments &range(const char *name, int64_t value, int64_t least, int64_t most) {
        if (value >= least && value <= most)
            return *this;
        if (least == most)
            reject("%s: expected %lld, got %lld", name, static_cast<long long>(least), static_cast<long long>(value));
        else
            reject("%s: expected %lld to %lld, got %lld", name, static_cast<long long>(least), static_cast<long long>(most),
                   static_cast<long long>(value));
        return *this;
    }

    Arguments &flag(const char *name, int32_t value) { return range(name, value, 0, 1); }
    Arguments &reserved(int32_t value) { return range("reserved", value, 0, 0); }

    // A tensor of `each` floats per token.
    Arguments &per_token(const char *name, const float *p, int64_t each) { return tensor(name, p, tokens_ != 0 ? each : 0); }

    // A tensor of `size` floats; may be null if that is 0.
    Arguments &tensor(const char *name, const float *p, int64_t size) { return elements(name, p, size, alignof(float)); }

    // A tensor of `each` elements of the data type per token.
    Arguments &stored(const char *name, const void *p, int64_t each) {
        return elements(name, p, tokens_ != 0 ? each : 0, dtype_ == MHC_BFLOAT16 ? alignof(Bf16) : alignof(float));
    }

    bool good() const { return good_; }
    int32_t dtype() const { return dtype_; }
    int64_t channels() const { return channels_; }
    int64_t width() const { return streams_ * channels_; }

    int fail(int code, const char *message) const { return mhc::fail(code, error_, error_size_, "%s", message); }

  private:
    // Of more rows a tensor would not fit into the address space: a token has up to 2^9 bytes of coefficients.
    static constexpr int64_t kMostRows = INT64_MAX >> 10;

    Arguments &elements(const char *name, const void *p, int64_t size, std::size_t alignment) {
        if (p == nullptr && size != 0)
            reject("%s: is null", name);
        else if (reinterpret_cast<std::uintptr_t>(p) % alignment != 0)
            reject("%s: is not aligned to %zu bytes", name, alignment);
        return *this;
    }

    template <class... A>
    void reject(const char *format, A... values) {
        if (good_)
            mhc::fail(MHC_ERROR_ARGUMENT, error_, error_size_, format, values...);
        good_ = false;
    }

    char *error_;
    std::size_t error_size_;
    int64_t tokens_ = 1, streams_ = 1, channels_ = 0;
    int32_t dtype_ = MHC_FLOAT32;
    bool good_ = true;
};

} // namespace mhc
