// This build's row of the dispatch table.
#include "operations.h"
#include "simd.h"

#define MHC_TEXT(name) #name
#define MHC_NAME(name) MHC_TEXT(name)

namespace mhc::MHC_NAMESPACE {

extern const Kernels kKernels;

const Kernels kKernels = {MHC_NAME(MHC_NAMESPACE), sinkhorn_forward,  sinkhorn_backward,  connect_forward,
                          coefficients_backward,   read_forward,      read_backward,      write_forward,
                          write_backward,          write_backward_y,  connect_backward,   finish_forward,
                          finish_backward,         attention_forward, attention_backward, multiply};

} // namespace mhc::MHC_NAMESPACE
