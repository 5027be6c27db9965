// The operations of one instruction set, as the C ABI calls them. Names, arguments, shapes and equations are those of mhc.h.
#pragma once

#include "mhc.h"

#include <cstdint>

namespace mhc {

// The upper half of a float.
struct Bf16 {
    uint16_t bits;
};

// Arguments are checked before these are called; no kernel looks at their size. Each returns MHC_OK, MHC_ERROR_MEMORY or
// MHC_ERROR_PARALLEL. connect_forward does what enter_forward asks for too and, with a null h, coefficients_forward;
// connect_backward does layer_backward's.
struct Kernels {
    const char *name;
    int (*sinkhorn_forward)(const mhc_sinkhorn_forward_args &);
    int (*sinkhorn_backward)(const mhc_sinkhorn_backward_args &);
    int (*connect_forward)(const mhc_connect_forward_args &);
    int (*coefficients_backward)(const mhc_coefficients_backward_args &);
    int (*read_forward)(const mhc_read_forward_args &);
    int (*read_backward)(const mhc_read_backward_args &);
    int (*write_forward)(const mhc_write_forward_args &);
    int (*write_backward)(const mhc_write_backward_args &);
    int (*write_backward_y)(const mhc_write_backward_y_args &);
    int (*connect_backward)(const mhc_connect_backward_args &);
    int (*finish_forward)(const mhc_finish_forward_args &);
    int (*finish_backward)(const mhc_finish_backward_args &);
    int (*attention_forward)(const mhc_attention_forward_args &);
    int (*attention_backward)(const mhc_attention_backward_args &);
    int (*multiply)(const mhc_multiply_args &);
};

} // namespace mhc
