#include "check.h"
#include "mhc_collectives.h"

#include <cmath>
#include <limits>
#include <vector>

using namespace mhc::test;

namespace {

struct Format {
    int32_t code;
    double bytes;      // of a value, in large numbers
    double resolution; // largest error, as a part of the largest value of a block
};

// bfloat16 has 8 bits of mantissa, half of the last one is lost; the integers lose half a step of 1/127 or 1/7, and their
// scale is rounded up by at most 1/128.
constexpr Format kFormats[] = {
    {MHC_WIRE_BFLOAT16, 2, 1.0 / 256}, {MHC_WIRE_INT8, 130.0 / 128, 1.01 / 254}, {MHC_WIRE_INT4, 66.0 / 128, 1.01 / 14}};

std::vector<float> waves(int64_t count, float size) {
    std::vector<float> values(count);
    for (int64_t i = 0; i < count; i++)
        values[i] = size * std::sin(static_cast<float>(i * i % 1009));
    return values;
}

std::vector<char> encode(int32_t format, std::vector<float> &values) {
    int64_t bytes = 0;
    char error[128] = "";
    const auto count = static_cast<int64_t>(values.size());
    expect(mhc_wire_size(format, count, &bytes, error, sizeof error) == MHC_GROUP_OK, "size: %s", error);
    std::vector<char> wire(bytes);
    expect(mhc_wire_encode(format, values.data(), count, wire.data(), error, sizeof error) == MHC_GROUP_OK, "encode: %s",
           error);
    return wire;
}

} // namespace

MHC_TEST(what_the_wire_says_and_what_it_lost_make_up_the_values) {
    for (const Format &format : kFormats)
        for (const int64_t count : {0, 1, 127, 128, 129, 10000})
            for (const float size : {1e-30f, 1e-3f, 1.0f, 1e30f}) {
                const std::vector<float> values = waves(count, size);
                std::vector<float> lost = values, said(count);
                const std::vector<char> wire = encode(format.code, lost);
                char error[128] = "";
                expect(mhc_wire_add(format.code, wire.data(), said.data(), count, error, sizeof error) == MHC_GROUP_OK,
                       "add: %s", error);
                for (int64_t i = 0; i < count; i++) {
                    const double bound = format.resolution * size;
                    expect(std::fabs(lost[i]) <= bound, "format %d: %g lost of %g", format.code, lost[i], values[i]);
                    expect(std::fabs(double(said[i]) + lost[i] - values[i]) <= 1e-6 * size, "format %d: %g and %g for %g",
                           format.code, said[i], lost[i], values[i]);
                }
                if (count == 10000)
                    expect(double(wire.size()) <= format.bytes * 1.02 * 10000, "format %d: %d bytes", format.code,
                           int(wire.size()));
            }
}

MHC_TEST(adding_adds) {
    for (const Format &format : kFormats) {
        std::vector<float> values = waves(300, 1), sum(300, 5.0f), alone(300);
        const std::vector<char> wire = encode(format.code, values);
        mhc_wire_add(format.code, wire.data(), sum.data(), 300, nullptr, 0);
        mhc_wire_add(format.code, wire.data(), alone.data(), 300, nullptr, 0);
        for (int i = 0; i < 300; i++)
            expect(sum[i] == 5.0f + alone[i], "%g and 5 became %g", alone[i], sum[i]);
    }
}

MHC_TEST(a_value_that_is_not_finite_comes_out_not_finite) {
    for (const Format &format : kFormats)
        for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
            std::vector<float> values = waves(300, 1), said(300);
            values[130] = bad;
            const std::vector<char> wire = encode(format.code, values);
            mhc_wire_add(format.code, wire.data(), said.data(), 300, nullptr, 0);
            expect(!std::isfinite(said[130]), "format %d: %g", format.code, said[130]);
            expect(std::isfinite(said[0]), "format %d: another block has %g", format.code, said[0]);
        }
}

MHC_TEST(zeros_stay_zeros) {
    for (const Format &format : kFormats) {
        std::vector<float> values(200), said(200);
        const std::vector<char> wire = encode(format.code, values);
        mhc_wire_add(format.code, wire.data(), said.data(), 200, nullptr, 0);
        for (const float value : said)
            expect(value == 0, "%g", value);
    }
}

MHC_TEST(bad_arguments_are_named) {
    float value = 0;
    int64_t bytes = 0;
    char error[128] = "", wire[4];
    const auto refused = [&](int code, const char *argument) {
        expect(code == MHC_GROUP_ERROR_ARGUMENT && std::string(error).rfind(std::string(argument) + ":", 0) == 0,
               "%s: code %d, message '%s'", argument, code, error);
    };
    refused(mhc_wire_size(3, 1, &bytes, error, sizeof error), "format");
    refused(mhc_wire_size(0, -1, &bytes, error, sizeof error), "count");
    refused(mhc_wire_size(0, 1, nullptr, error, sizeof error), "bytes");
    refused(mhc_wire_encode(0, nullptr, 1, wire, error, sizeof error), "values");
    refused(mhc_wire_encode(0, &value, 1, nullptr, error, sizeof error), "wire");
    refused(mhc_wire_add(0, nullptr, &value, 1, error, sizeof error), "wire");
    refused(mhc_wire_add(-1, wire, &value, 1, error, sizeof error), "format");
}

MHC_TEST_MAIN
