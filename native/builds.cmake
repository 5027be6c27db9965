# The builds of the kernels, one per instruction set.

# No -ffast-math: NaN and infinity must come through. -Wno-psabi: every function with vector arguments is inlined.
# Without the last, short loops of vector copies become calls of memcpy.
set(MHC_KERNEL_FLAGS -O2 -funswitch-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -Wno-psabi
                     -fno-tree-loop-distribute-patterns)
if(MHC_SANITIZE)
  # Inlined and instrumented, these sources take minutes to compile.
  list(APPEND MHC_KERNEL_FLAGS -O0 -DMHC_CALLS)
endif()
set(MHC_FLAGS_plain "")
set(MHC_FLAGS_avx2 -mavx2 -mfma)
set(MHC_FLAGS_avx512 -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma)
# Its float32 kernels are avx512's.
set(MHC_FLAGS_avx512_bf16 ${MHC_FLAGS_avx512} -mavx512bf16 -DMHC_ONLY_BF16)
# AVX-512's code paths without its instructions, for tests.
set(MHC_FLAGS_emulated -DMHC_LANES=16 -DMHC_CALLS -O0)

# Compiles a target as one of the builds: mhc_as_build(target name).
function(mhc_as_build target name)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include)
  target_compile_definitions(${target} PRIVATE MHC_NAMESPACE=${name})
  target_compile_options(${target} PRIVATE ${MHC_KERNEL_FLAGS} ${MHC_FLAGS_${name}})
endfunction()
