// The C ABI of the wire formats.
#include "mhc_collectives.h"
#include "report.h"
#include "wire.h"

using mhc::collectives::Report;

namespace {

void check(Report &report, int32_t format, int64_t count) {
    if (format < MHC_WIRE_BFLOAT16 || format > MHC_WIRE_INT4)
        report.reject("format: expected MHC_WIRE_BFLOAT16 (0) to MHC_WIRE_INT4 (2), got %d", format);
    report.size("count", count);
}

void check(Report &report, int32_t format, int64_t count, const float *values, const void *wire) {
    check(report, format, count);
    report.elements("values", values, count, 4);
    report.elements("wire", wire, count, 2);
}

} // namespace

extern "C" {

int mhc_wire_size(int32_t format, int64_t count, int64_t *bytes, char *error, size_t error_size) {
    Report report{"wire_size", error, error_size};
    report.require("bytes", bytes);
    check(report, format, count);
    if (report.code == MHC_GROUP_OK)
        *bytes = static_cast<int64_t>(mhc::collectives::wire_size(format, static_cast<size_t>(count)));
    return report.code;
}

int mhc_wire_encode(int32_t format, float *values, int64_t count, void *wire, char *error, size_t error_size) {
    Report report{"wire_encode", error, error_size};
    check(report, format, count, values, wire);
    if (report.code == MHC_GROUP_OK)
        mhc::collectives::wire_encode(format, values, static_cast<size_t>(count), wire);
    return report.code;
}

int mhc_wire_add(int32_t format, const void *wire, float *values, int64_t count, char *error, size_t error_size) {
    Report report{"wire_add", error, error_size};
    check(report, format, count, values, wire);
    if (report.code == MHC_GROUP_OK)
        mhc::collectives::wire_add(format, wire, values, static_cast<size_t>(count));
    return report.code;
}

} // extern "C"
