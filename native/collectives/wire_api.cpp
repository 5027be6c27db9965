// The C ABI of the wire formats.
#include "failure.h"
#include "mhc_collectives.h"
#include "wire.h"

using mhc::fail;

namespace {

// 0, or the code of the first argument that is wrong.
int refused(int32_t format, int64_t count, char *error, size_t error_size) {
    if (format < MHC_WIRE_BFLOAT16 || format > MHC_WIRE_INT4)
        return fail(MHC_GROUP_ERROR_ARGUMENT, error, error_size,
                    "format: expected MHC_WIRE_BFLOAT16 (0) to MHC_WIRE_INT4 (2), got %d", format);
    if (count < 0 || count > INT64_MAX >> 24)
        return fail(MHC_GROUP_ERROR_ARGUMENT, error, error_size, "count: out of range: %lld", static_cast<long long>(count));
    return MHC_GROUP_OK;
}

int refused(int32_t format, int64_t count, const float *values, const void *wire, char *error, size_t error_size) {
    const int code = refused(format, count, error, error_size);
    if (code != MHC_GROUP_OK)
        return code;
    if ((values == nullptr && count != 0) || reinterpret_cast<uintptr_t>(values) % 4 != 0)
        return fail(MHC_GROUP_ERROR_ARGUMENT, error, error_size, "values: expected a multiple of 4, got %p",
                    static_cast<const void *>(values));
    if ((wire == nullptr && count != 0) || reinterpret_cast<uintptr_t>(wire) % 2 != 0)
        return fail(MHC_GROUP_ERROR_ARGUMENT, error, error_size, "wire: expected a multiple of 2, got %p", wire);
    return MHC_GROUP_OK;
}

} // namespace

extern "C" {

int mhc_wire_size(int32_t format, int64_t count, int64_t *bytes, char *error, size_t error_size) {
    if (bytes == nullptr)
        return fail(MHC_GROUP_ERROR_ARGUMENT, error, error_size, "bytes: is null");
    const int code = refused(format, count, error, error_size);
    if (code == MHC_GROUP_OK)
        *bytes = static_cast<int64_t>(mhc::collectives::wire_size(format, static_cast<size_t>(count)));
    return code;
}

int mhc_wire_encode(int32_t format, float *values, int64_t count, void *wire, char *error, size_t error_size) {
    const int code = refused(format, count, values, wire, error, error_size);
    if (code == MHC_GROUP_OK)
        mhc::collectives::wire_encode(format, values, static_cast<size_t>(count), wire);
    return code;
}

int mhc_wire_add(int32_t format, const void *wire, float *values, int64_t count, char *error, size_t error_size) {
    const int code = refused(format, count, values, wire, error, error_size);
    if (code == MHC_GROUP_OK)
        mhc::collectives::wire_add(format, wire, values, static_cast<size_t>(count));
    return code;
}

} // extern "C"
