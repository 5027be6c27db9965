#include "addition.h"

#include "mhc_collectives.h"

#include <cstring>

// The fastest of the clones is chosen when the library is loaded, which AddressSanitizer's start-up does not survive.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define MHC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MHC_CLONES
#endif

namespace mhc::collectives {
namespace {

inline float widen(uint16_t half) {
    const uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// To nearest even; NaN stays NaN.
inline uint16_t narrow(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const uint32_t quiet = (bits >> 16) | 0x40;
    return static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
}

MHC_CLONES void add_float32(void *result, const void *a, const void *b, std::size_t count) {
    float *out = static_cast<float *>(result);
    const float *x = static_cast<const float *>(a), *y = static_cast<const float *>(b);
    for (std::size_t i = 0; i < count; i++)
        out[i] = x[i] + y[i];
}

MHC_CLONES void add_bfloat16(void *result, const void *a, const void *b, std::size_t count) {
    uint16_t *out = static_cast<uint16_t *>(result);
    const uint16_t *x = static_cast<const uint16_t *>(a), *y = static_cast<const uint16_t *>(b);
    for (std::size_t i = 0; i < count; i++)
        out[i] = narrow(widen(x[i]) + widen(y[i]));
}

} // namespace

Addition addition_of(int32_t type) {
    return type == MHC_GROUP_BFLOAT16 ? add_bfloat16 : add_float32;
}

std::size_t bytes_of(int32_t type) {
    return type == MHC_GROUP_BFLOAT16 ? 2 : 4;
}

} // namespace mhc::collectives
