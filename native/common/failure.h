// Messages for the C ABI's error buffer.
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdio>

namespace mhc {

// Writes a message, cut to fit, and returns `code`.
__attribute__((format(printf, 4, 5))) inline int fail(int code, char *error, std::size_t error_size, const char *format, ...) {
    if (error != nullptr && error_size > 0) {
        std::va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(error, error_size, format, arguments);
        va_end(arguments);
    }
    return code;
}

} // namespace mhc
