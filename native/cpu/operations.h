// The operations of one instruction set. Connect and coefficients are in coefficients.cpp (forward) and backward.cpp, each
// other one is in the source of its name.
#pragma once

#include "kernels.h"

namespace mhc::MHC_NAMESPACE {

int sinkhorn_forward(const mhc_sinkhorn_forward_args &);
int sinkhorn_backward(const mhc_sinkhorn_backward_args &);
int connect_forward(const mhc_connect_forward_args &);
int coefficients_backward(const mhc_coefficients_backward_args &);
int read_forward(const mhc_read_forward_args &);
int read_backward(const mhc_read_backward_args &);
int write_forward(const mhc_write_forward_args &);
int write_backward(const mhc_write_backward_args &);
int write_backward_y(const mhc_write_backward_y_args &);
int connect_backward(const mhc_connect_backward_args &);
int finish_forward(const mhc_finish_forward_args &);
int finish_backward(const mhc_finish_backward_args &);
int attention_forward(const mhc_attention_forward_args &);
int attention_backward(const mhc_attention_backward_args &);
int multiply(const mhc_multiply_args &);

} // namespace mhc::MHC_NAMESPACE
