#include "wire.h"

#include "half.h"
#include "mhc_collectives.h"

#include <algorithm>
#include <limits>

namespace mhc::collectives {
namespace {

// Into each of the clones, so that it is compiled for their instructions.
#define MHC_INLINE inline __attribute__((always_inline))

constexpr std::size_t kScaleBytes = sizeof(uint16_t);

// Adding and subtracting this rounds a float of small magnitude to the nearest integer, halves to even, without a call.
constexpr float kRounder = 12582912.0f; // 1.5 * 2^23

struct Int8 {
    static constexpr int kLargest = 127;
    static constexpr std::size_t kBytes = kWireBlock;

    static MHC_INLINE void pack(const int8_t *numbers, uint8_t *bytes) { std::memcpy(bytes, numbers, kBytes); }
    static MHC_INLINE void unpack(const uint8_t *bytes, int8_t *numbers) { std::memcpy(numbers, bytes, kBytes); }
};

// Number i in the lower half of byte i, number i + 64 in the upper one.
struct Int4 {
    static constexpr int kLargest = 7;
    static constexpr std::size_t kBytes = kWireBlock / 2;

    static MHC_INLINE void pack(const int8_t *numbers, uint8_t *bytes) {
        for (std::size_t i = 0; i < kBytes; i++)
            bytes[i] = static_cast<uint8_t>((numbers[i] & 15) | ((numbers[i + kBytes] & 15) << 4));
    }

    static MHC_INLINE void unpack(const uint8_t *bytes, int8_t *numbers) {
        for (std::size_t i = 0; i < kBytes; i++) {
            numbers[i] = static_cast<int8_t>(static_cast<int8_t>(bytes[i] << 4) >> 4);
            numbers[i + kBytes] = static_cast<int8_t>(static_cast<int8_t>(bytes[i]) >> 4);
        }
    }
};

// The scale of a block's numbers, as the receiver sees it. As integers, magnitudes have the order of the floats, and NaN and
// infinity are the largest.
MHC_INLINE uint16_t scale_of(const float *values, int largest) {
    uint32_t magnitude = 0;
    for (std::size_t i = 0; i < kWireBlock; i++) {
        uint32_t bits;
        std::memcpy(&bits, &values[i], sizeof bits);
        magnitude = std::max(magnitude, bits & 0x7fffffff);
    }
    if (magnitude >= 0x7f800000)
        return narrow(std::numeric_limits<float>::quiet_NaN());
    float most;
    std::memcpy(&most, &magnitude, sizeof most);
    // Rounded up, so that no number is larger than the largest.
    const uint16_t scale = narrow(most / static_cast<float>(largest));
    return widen(scale) * static_cast<float>(largest) < most ? static_cast<uint16_t>(scale + 1) : scale;
}

template <class Format>
MHC_INLINE void encode_block(float *values, uint8_t *wire) {
    const uint16_t half = scale_of(values, Format::kLargest);
    std::memcpy(wire, &half, kScaleBytes);
    const float scale = widen(half);
    // Smaller scales have no finite inverse; such values are lost, or kept by whoever keeps what was lost.
    const float inverse = scale >= std::numeric_limits<float>::min() ? 1 / scale : 0;
    int8_t numbers[kWireBlock];
    for (std::size_t i = 0; i < kWireBlock; i++) {
        // The integer lies in the lowest bits of the sum. What comes of NaN is any number: its scale is NaN.
        const float shifted = values[i] * inverse + kRounder;
        int32_t bits;
        std::memcpy(&bits, &shifted, sizeof bits);
        numbers[i] = static_cast<int8_t>(bits);
        values[i] -= scale * (shifted - kRounder);
    }
    Format::pack(numbers, wire + kScaleBytes);
}

template <class Format>
MHC_INLINE void add_block(float *values, uint8_t *wire) {
    uint16_t half;
    std::memcpy(&half, wire, kScaleBytes);
    const float scale = widen(half);
    int8_t numbers[kWireBlock];
    Format::unpack(wire + kScaleBytes, numbers);
    for (std::size_t i = 0; i < kWireBlock; i++)
        values[i] += scale * static_cast<float>(numbers[i]);
}

// body(values, wire) for each block; the last one in a copy that is filled up with zeros.
template <class Format, void (*body)(float *, uint8_t *)>
MHC_INLINE void for_blocks(float *values, std::size_t count, uint8_t *wire) {
    std::size_t at = 0;
    for (; at + kWireBlock <= count; at += kWireBlock, wire += kScaleBytes + Format::kBytes)
        body(values + at, wire);
    if (at == count)
        return;
    float rest[kWireBlock] = {};
    std::copy(values + at, values + count, rest);
    body(rest, wire);
    std::copy(rest, rest + (count - at), values + at);
}

MHC_CLONES void encode_int8(float *values, std::size_t count, uint8_t *wire) {
    for_blocks<Int8, encode_block<Int8>>(values, count, wire);
}

MHC_CLONES void encode_int4(float *values, std::size_t count, uint8_t *wire) {
    for_blocks<Int4, encode_block<Int4>>(values, count, wire);
}

MHC_CLONES void add_int8(const uint8_t *wire, float *values, std::size_t count) {
    for_blocks<Int8, add_block<Int8>>(values, count, const_cast<uint8_t *>(wire));
}

MHC_CLONES void add_int4(const uint8_t *wire, float *values, std::size_t count) {
    for_blocks<Int4, add_block<Int4>>(values, count, const_cast<uint8_t *>(wire));
}

MHC_CLONES void encode_bfloat16(float *values, std::size_t count, uint16_t *wire) {
    for (std::size_t i = 0; i < count; i++) {
        wire[i] = narrow(values[i]);
        values[i] -= widen(wire[i]);
    }
}

MHC_CLONES void add_bfloat16(const uint16_t *wire, float *values, std::size_t count) {
    for (std::size_t i = 0; i < count; i++)
        values[i] += widen(wire[i]);
}

} // namespace

std::size_t wire_size(int32_t format, std::size_t count) {
    if (format == MHC_WIRE_BFLOAT16)
        return count * sizeof(uint16_t);
    const std::size_t blocks = (count + kWireBlock - 1) / kWireBlock;
    return blocks * (kScaleBytes + (format == MHC_WIRE_INT8 ? Int8::kBytes : Int4::kBytes));
}

void wire_encode(int32_t format, float *values, std::size_t count, void *wire) {
    if (format == MHC_WIRE_BFLOAT16)
        encode_bfloat16(values, count, static_cast<uint16_t *>(wire));
    else if (format == MHC_WIRE_INT8)
        encode_int8(values, count, static_cast<uint8_t *>(wire));
    else
        encode_int4(values, count, static_cast<uint8_t *>(wire));
}

void wire_add(int32_t format, const void *wire, float *values, std::size_t count) {
    if (format == MHC_WIRE_BFLOAT16)
        add_bfloat16(static_cast<const uint16_t *>(wire), values, count);
    else if (format == MHC_WIRE_INT8)
        add_int8(static_cast<const uint8_t *>(wire), values, count);
    else
        add_int4(static_cast<const uint8_t *>(wire), values, count);
}

} // namespace mhc::collectives
