#include "addition.h"

#include "half.h"
#include "mhc_collectives.h"

namespace mhc::collectives {
namespace {

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
