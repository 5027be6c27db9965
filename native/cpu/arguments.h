// Checks of the C ABI's arguments. The first failure is kept; later checks do nothing.
#pragma once

#include "failure.h"
#include "kernels.h"
#include "mhc.h"

#include <cstdint>

namespace mhc {

class Arguments {
  public:
    Arguments(char *error, std::size_t error_size, int64_t tokens, int32_t n, int32_t dtype = MHC_FLOAT32)
        : error_(error), error_size_(error_size), sizes_{tokens, n, 0, 1, dtype} {
        range("dtype", dtype, MHC_FLOAT32, MHC_BFLOAT16);
        range("tokens", tokens, 0, kMostRows);
        range("n", n, 1, MHC_MAX_STREAMS);
    }

    Arguments &channels(int64_t channels) {
        const int64_t rows = sizes_.tokens < 8 ? 8 : sizes_.tokens;
        range("channels", channels, 0, good_ ? kMostRows / rows : INT64_MAX);
        // width() must not overflow after a rejection.
        sizes_.channels = good_ ? channels : 0;
        return *this;
    }

    Arguments &iterations(int32_t iterations) {
        sizes_.iterations = iterations;
        return range("iterations", iterations, 1, MHC_MAX_ITERATIONS);
    }

    Arguments &range(const char *name, int64_t value, int64_t least, int64_t most) {
        if (value < least || value > most)
            reject("%s: expected %lld to %lld, got %lld", name, static_cast<long long>(least), static_cast<long long>(most),
                   static_cast<long long>(value));
        return *this;
    }

    Arguments &flag(const char *name, int32_t value) { return range(name, value, 0, 1); }

    // A tensor of `each` floats per token.
    Arguments &per_token(const char *name, const float *p, int64_t each) {
        return tensor(name, p, sizes_.tokens != 0 ? each : 0);
    }

    // A tensor of `size` floats; may be null if that is 0.
    Arguments &tensor(const char *name, const float *p, int64_t size) { return elements(name, p, size, alignof(float)); }

    // A tensor of `each` elements of the data type per token.
    Arguments &stored(const char *name, const void *p, int64_t each) {
        return elements(name, p, sizes_.tokens != 0 ? each : 0, sizes_.dtype == MHC_BFLOAT16 ? alignof(Bf16) : alignof(float));
    }

    bool good() const { return good_; }
    const Sizes &sizes() const { return sizes_; }
    int64_t streams() const { return sizes_.n; }
    int64_t squared() const { return streams() * streams(); }
    int64_t coefficients() const { return squared() + 2 * streams(); }
    int64_t width() const { return streams() * sizes_.channels; }

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
            fail(MHC_ERROR_ARGUMENT, error_, error_size_, format, values...);
        good_ = false;
    }

    char *error_;
    std::size_t error_size_;
    Sizes sizes_;
    bool good_ = true;
};

} // namespace mhc
