// The C ABI of attention: checks, then the chosen build's kernel.
#include "call.h"

#include <initializer_list>

using mhc::Arguments;
using mhc::AttentionSizes;
using mhc::call;
using mhc::Kernels;

namespace {

// Elements of qkv; 0 if the sizes are not good.
int64_t check_sizes(Arguments &check, const AttentionSizes &s) {
    constexpr int64_t most = int64_t{1} << 31;
    check.range("batch", s.batch, 0, most).range("time", s.time, 0, most).range("key_heads", s.key_heads, 1, most);
    check.range("heads", s.heads, s.key_heads, most).range("width", s.width, 1, most);
    if (!check.good())
        return 0;
    check.range("heads % key_heads", s.heads % s.key_heads, 0, 0);
    // As with streams: so large that the tensor would not fit into the address space.
    int64_t elements = s.heads + 2 * s.key_heads;
    for (const int64_t size : {s.width, s.batch, s.time})
        if (__builtin_mul_overflow(elements, size, &elements))
            elements = INT64_MAX;
    check.range("batch * time * heads * width", elements, 0, INT64_MAX >> 10);
    return check.good() ? elements : 0;
}

} // namespace

extern "C" {

int mhc_attention_forward(int32_t dtype, const void *qkv, void *output, int64_t batch, int64_t time, int64_t heads,
                          int64_t key_heads, int64_t width, char *error, size_t error_size) {
    Arguments check(error, error_size, 1, 1, dtype);
    const AttentionSizes sizes = {batch, time, heads, key_heads, width};
    const int64_t elements = check_sizes(check, sizes);
    check.stored("qkv", qkv, elements).stored("output", output, elements);
    return call(check, &Kernels::attention_forward, {qkv, output, sizes}, error, error_size);
}

int mhc_attention_backward(int32_t dtype, const void *qkv, const void *grad_output, void *grad_qkv, int64_t batch, int64_t time,
                           int64_t heads, int64_t key_heads, int64_t width, char *error, size_t error_size) {
    Arguments check(error, error_size, 1, 1, dtype);
    const AttentionSizes sizes = {batch, time, heads, key_heads, width};
    const int64_t elements = check_sizes(check, sizes);
    check.stored("qkv", qkv, elements).stored("grad_output", grad_output, elements).stored("grad_qkv", grad_qkv, elements);
    return call(check, &Kernels::attention_backward, {qkv, grad_output, grad_qkv, sizes}, error, error_size);
}

} // extern "C"
