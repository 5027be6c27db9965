// The first field of a call's arguments is their size, and all that may be read of arguments of another version.
#pragma once

#include <cstdint>
#include <cstring>

namespace mhc {

// For a message with the size that was expected and the one that was given.
constexpr const char *kOtherVersion = "size: expected %zu, got %zu: library and caller are of different versions";

inline std::size_t size_of(const void *arguments) {
    uint32_t size;
    std::memcpy(&size, arguments, sizeof size);
    return size;
}

} // namespace mhc
