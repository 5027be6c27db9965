// Which build of the kernels runs, and on which pool.
#pragma once

#include "kernels.h"
#include "mhc.h"

namespace mhc {

// The chosen build's kernels for a data type; null if MHC_ISA cannot be honoured.
const Kernels *chosen_kernels(int dtype);

// The chosen parallel loop; null = serial.
mhc_parallel_for chosen_loop();

// What is wrong with MHC_ISA, for a message; null if nothing is.
const char *selection_problem();

} // namespace mhc
