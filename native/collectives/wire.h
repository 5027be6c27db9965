// Fewer bytes for float32 values on the wire.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mhc::collectives {

// Values that share a scale.
constexpr std::size_t kWireBlock = 128;

// All functions take MHC_WIRE_BFLOAT16, MHC_WIRE_INT8 or MHC_WIRE_INT4.
std::size_t wire_size(int32_t format, std::size_t count);

// What the wire does not say stays in `values`.
void wire_encode(int32_t format, float *values, std::size_t count, void *wire);

void wire_add(int32_t format, const void *wire, float *values, std::size_t count);

} // namespace mhc::collectives
