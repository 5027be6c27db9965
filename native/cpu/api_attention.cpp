// The C ABI of attention: checks, then the chosen build's kernel.
#include "call.h"

#include <initializer_list>

using mhc::Arguments;
using mhc::call;
using mhc::checked;
using mhc::Kernels;

namespace {

// Elements of qkv; 0 if the sizes are not good.
int64_t check_head(Arguments &check, const mhc_attention_head &a) {
    constexpr int64_t most = int64_t{1} << 31;
    check.dtype(a.dtype).range("batch", a.batch, 0, most).range("time", a.time, 0, most);
    check.range("key_heads", a.key_heads, 1, most).range("heads", a.heads, a.key_heads, most);
    check.range("width", a.width, 1, most);
    if (!check.good())
        return 0;
    check.range("heads % key_heads", a.heads % a.key_heads, 0, 0);
    // As with streams: so large that the tensor would not fit into the address space.
    int64_t elements = a.heads + 2 * a.key_heads;
    for (const int64_t size : {a.width, a.batch, a.time})
        if (__builtin_mul_overflow(elements, size, &elements))
            elements = INT64_MAX;
    check.range("batch * time * heads * width", elements, 0, INT64_MAX >> 10);
    return check.good() ? elements : 0;
}

} // namespace

extern "C" {

int mhc_attention_forward(const mhc_attention_forward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        const int64_t elements = check_head(check, a.head);
        check.stored("qkv", a.qkv, elements).stored("output", a.output, elements);
        return call(check, &Kernels::attention_forward, a);
    });
}

int mhc_attention_backward(const mhc_attention_backward_args *arguments, char *error, size_t error_size) {
    return checked(arguments, error, error_size, [](Arguments &check, const auto &a) {
        const int64_t elements = check_head(check, a.head);
        check.stored("qkv", a.qkv, elements).stored("grad_output", a.grad_output, elements);
        check.stored("grad_qkv", a.grad_qkv, elements);
        return call(check, &Kernels::attention_backward, a);
    });
}

} // extern "C"
