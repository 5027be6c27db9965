// Checks of the C ABI's arguments.
#pragma once

#include "failure.h"
#include "mhc_collectives.h"
#include "versions.h"

#include <cstdint>

namespace mhc::collectives {

// Where an error message goes, and what has been found wrong so far.
struct Report {
    const char *operation;
    char *error;
    size_t error_size;
    int code = MHC_GROUP_OK;

    template <class... A>
    void reject(const char *format, A... values) {
        if (code == MHC_GROUP_OK)
            code = fail(MHC_GROUP_ERROR_ARGUMENT, error, error_size, format, values...);
    }

    // Whether the struct is there and is the one that this library was compiled with; nothing but its size is read.
    template <class A>
    bool known(const A *arguments) {
        elements("arguments", arguments, 1, alignof(A));
        if (code == MHC_GROUP_OK && size_of(arguments) != sizeof(A))
            reject(kOtherVersion, sizeof(A), size_of(arguments));
        return code == MHC_GROUP_OK;
    }

    void require(const char *name, const void *pointer, int64_t size = 1) {
        if (pointer == nullptr && size != 0)
            reject("%s: is null", name);
    }

    void range(const char *name, int64_t value, int64_t least, int64_t most) {
        if (value < least || value > most)
            reject("%s: expected %lld to %lld, got %lld", name, static_cast<long long>(least), static_cast<long long>(most),
                   static_cast<long long>(value));
    }

    // Elements are where such elements may be.
    void elements(const char *name, const void *pointer, int64_t count, int alignment) {
        require(name, pointer, count);
        if (reinterpret_cast<uintptr_t>(pointer) % alignment != 0)
            reject("%s: expected a multiple of %d, got %p", name, alignment, pointer);
    }

    // A size that stays a size after multiplying by 8 bytes and the largest gang.
    void size(const char *name, int64_t value) { range(name, value, 0, INT64_MAX >> 24); }

    void type(int32_t value) {
        if (value != MHC_GROUP_FLOAT32 && value != MHC_GROUP_BFLOAT16)
            reject("type: expected MHC_GROUP_FLOAT32 (0) or MHC_GROUP_BFLOAT16 (1), got %d", value);
    }

    int failed(int with, const char *what) { return code = fail(with, error, error_size, "%s: %s", operation, what); }
};

} // namespace mhc::collectives
