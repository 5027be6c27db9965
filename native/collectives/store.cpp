#include "store.h"

#include <algorithm>
#include <stdexcept>

namespace mhc::collectives {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

CallbackStore::CallbackStore(std::string prefix, mhc_store_set set, mhc_store_get get, void *user, milliseconds timeout)
    : prefix_(std::move(prefix) + "/"), set_(set), get_(get), user_(user), deadline_(steady_clock::now() + timeout) {}

void CallbackStore::set(const std::string &key, const std::vector<char> &data) {
    const std::string full = prefix_ + key;
    if (set_(user_, full.c_str(), data.data(), static_cast<int64_t>(data.size())) < 0)
        throw std::runtime_error("the store did not take the key '" + full + "'");
}

// More than the addresses of the largest gang.
constexpr int64_t kLargestValue = int64_t{1} << 30;

std::vector<char> CallbackStore::get(const std::string &key) {
    const std::string full = prefix_ + key;
    std::vector<char> value(4096);
    for (;;) {
        const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - steady_clock::now()).count();
        const int32_t timeout = static_cast<int32_t>(std::clamp<int64_t>(left, 1, INT32_MAX));
        const int64_t size = get_(user_, full.c_str(), value.data(), static_cast<int64_t>(value.size()), timeout);
        if (size < 0)
            throw std::runtime_error("the store did not give the key '" + full + "': its process has not come");
        if (size > kLargestValue)
            throw std::runtime_error("the store gave " + std::to_string(size) + " bytes for the key '" + full + "'");
        const bool fits = size <= static_cast<int64_t>(value.size());
        value.resize(static_cast<std::size_t>(size));
        if (fits)
            return value;
    }
}

void CallbackStore::wait(const std::vector<std::string> &keys) {
    for (const std::string &key : keys)
        get(key);
}

void CallbackStore::wait(const std::vector<std::string> &keys, const milliseconds &) {
    wait(keys);
}

} // namespace mhc::collectives
