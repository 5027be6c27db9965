// Element-wise sums, with the signature of gloo's reduce functions: result = a + b, where result may be a or b.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mhc::collectives {

using Addition = void (*)(void *result, const void *a, const void *b, std::size_t count);

// For MHC_GROUP_FLOAT32 or MHC_GROUP_BFLOAT16.
Addition addition_of(int32_t type);
std::size_t bytes_of(int32_t type);

} // namespace mhc::collectives
