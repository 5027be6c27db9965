// bfloat16 is the upper half of float32.
#pragma once

#include <cstdint>
#include <cstring>

namespace mhc::collectives {

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

} // namespace mhc::collectives

// The fastest of the clones is chosen when the library is loaded, which AddressSanitizer's start-up does not survive.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define MHC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MHC_CLONES
#endif
