// The operations of one instruction set, defined in the source of the same name.
#pragma once

#include "kernels.h"

namespace mhc::MHC_NAMESPACE {

int sinkhorn_forward(const SinkhornForward &, const Sizes &);
int sinkhorn_backward(const SinkhornBackward &, const Sizes &);
int connect_forward(const ConnectForward &, const Sizes &);
int coefficients_backward(const CoefficientsBackward &, const Sizes &);
int read_forward(const ReadForward &, const Sizes &);
int read_backward(const ReadBackward &, const Sizes &);
int write_forward(const WriteForward &, const Sizes &);
int write_backward(const WriteBackward &, const Sizes &);
int write_backward_y(const WriteBackwardY &, const Sizes &);
int connect_backward(const ConnectBackward &, const Sizes &);
int finish_forward(const FinishForward &, const Sizes &);
int finish_backward(const FinishBackward &, const Sizes &);
int attention_forward(const AttentionForward &, const Sizes &);
int attention_backward(const AttentionBackward &, const Sizes &);
int multiply(const Multiply &, const Sizes &);

} // namespace mhc::MHC_NAMESPACE
