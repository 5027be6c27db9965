// The constants of docs/scaling.md: what collectives between two ranks on loopback, coding and copying take on this machine, as
// lines "what|value|unit" of medians.
#include "gang.h"

#include <algorithm>

using namespace mhc::test;

namespace {

constexpr int kRounds = 31;
constexpr int64_t kElements = 2 << 20; // of a bucket: 8 MiB
constexpr int64_t kBucket = kElements * 4;
constexpr int64_t kCopied = 256 << 20;

// The median of the rounds' seconds; the first round touches the memory.
template <class F>
double median_of(const F &body) {
    std::vector<double> times;
    for (int round = 0; round <= kRounds; round++) {
        const double start = seconds();
        body();
        if (round > 0)
            times.push_back(seconds() - start);
    }
    std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
    return times[kRounds / 2];
}

void print(const char *what, double value, const char *unit) {
    std::printf("%s|%.4g|%s\n", what, value, unit);
}

void time_collectives() {
    gang(2, [](Member &m) {
        std::vector<float> data(kElements), other(kElements);
        const auto time = [&](const char *what, const auto &collective) {
            const double middle = median_of([&] { m.expect_ok(collective(), what); });
            if (m.rank == 0)
                print(what, middle * 1e3, "ms");
        };
        char *const error = m.error;
        const size_t size = sizeof m.error;
        float *const mine = data.data() + m.rank * (kElements / 2);
        time("smallest exchange", [&] { return mhc_group_barrier(m.group, error, size); });
        time("reduce-scatter of 8 MiB", [&] {
            return mhc_group_reduce_scatter(m.group, data.data(), mine, kElements / 2, MHC_GROUP_FLOAT32, error, size);
        });
        time("all-gather of 8 MiB", [&] { return mhc_group_all_gather(m.group, mine, data.data(), kBucket / 2, error, size); });
        time("all-to-all of 8 MiB",
             [&] { return mhc_group_all_to_all(m.group, data.data(), other.data(), kBucket / 2, error, size); });
    });
}

void time_coding() {
    std::vector<float> values(kElements);
    for (int64_t i = 0; i < kElements; i++)
        values[i] = static_cast<float>(i % 1000) * 1e-3f - 0.5f;
    const struct {
        int32_t format;
        const char *encoding, *decoding;
    } formats[] = {{MHC_WIRE_BFLOAT16, "encoding BFloat16, of float32 read", "decoding and adding BFloat16"},
                   {MHC_WIRE_INT8, "encoding Int8, of float32 read", "decoding and adding Int8"},
                   {MHC_WIRE_INT4, "encoding Int4, of float32 read", "decoding and adding Int4"}};
    for (const auto &f : formats) {
        int64_t bytes = 0;
        expect(mhc_wire_size(f.format, kElements, &bytes, nullptr, 0) == MHC_GROUP_OK, "size");
        std::vector<char> wire(bytes);
        std::vector<float> lost(values);
        const double encoding = median_of([&] { mhc_wire_encode(f.format, lost.data(), kElements, wire.data(), nullptr, 0); });
        const double decoding = median_of([&] { mhc_wire_add(f.format, wire.data(), lost.data(), kElements, nullptr, 0); });
        print(f.encoding, kBucket / encoding / 1e9, "GB/s");
        print(f.decoding, kBucket / decoding / 1e9, "GB/s");
    }
}

void time_copying() {
    const std::vector<char> from(kCopied, 1);
    std::vector<char> to(kCopied);
    print("copying memory", kCopied / median_of([&] { std::memcpy(to.data(), from.data(), kCopied); }) / 1e9, "GB/s");
}

} // namespace

int main() {
    time_collectives();
    time_coding();
    time_copying();
    return 0;
}
