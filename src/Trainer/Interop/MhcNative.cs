using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Interop;

/// <summary>The C ABI of libmhc_native.so; native/include/mhc.h says what each function computes and the shapes of its arguments.</summary>
internal static unsafe partial class MhcNative
{
    private const string Library = NativeLibraries.Kernels;

    [LibraryImport(Library, EntryPoint = "mhc_initialize")]
    public static partial int Initialize(nint parallelFor, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_isa")]
    public static partial byte* InstructionSet();

    [LibraryImport(Library, EntryPoint = "mhc_sinkhorn_forward")]
    public static partial int SinkhornForward(float* logits, float* output, long tokens, int n, int iterations, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_sinkhorn_backward")]
    public static partial int SinkhornBackward(
        float* logits, float* gradOutput, float* gradLogits, long tokens, int n, int iterations, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_read_forward")]
    public static partial int ReadForward(float* x, float* pre, float* h, long tokens, int n, long channels, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_read_backward")]
    public static partial int ReadBackward(
        float* x, float* pre, float* gradH, float* gradX, float* gradPre, long tokens, int n, long channels, int accumulateX, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_write_forward")]
    public static partial int WriteForward(
        float* x, float* y, float* res, float* post, float* output, long tokens, int n, long channels, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_write_backward")]
    public static partial int WriteBackward(
        float* x, float* y, float* res, float* post, float* gradOutput, float* gradX, float* gradY, float* gradRes, float* gradPost,
        long tokens, int n, long channels, int accumulateX, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_write_backward_y")]
    public static partial int WriteBackwardY(
        float* post, float* gradOutput, float* gradY, long tokens, int n, long channels, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_connect_forward")]
    public static partial int ConnectForward(
        float* x, int xReplicated, float* y, float* resBefore, float* postBefore, float* xNext, float* phi, float* bias, float* alpha, float* norm, float epsilon,
        float* pre, float* post, float* res, float* raw, float* r, float* h, long tokens, int n, long channels, int iterations, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_connect_backward")]
    public static partial int ConnectBackward(
        float* x, int xReplicated, float* y, float* phi, float* bias, float* alpha, float* norm, float epsilon, float* pre, float* post, float* res, float* raw, float* r,
        float* gradOutput, int gradOutputReplicated, float* gradH, float* gradX, float* postBefore, float* gradYBefore, float* gradPhi, float* gradBias, float* gradAlpha,
        float* gradNorm, long tokens, int n, long channels, int iterations, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_finish_forward")]
    public static partial int FinishForward(
        float* x, int xReplicated, float* y, float* res, float* post, float* norm, float epsilon, float* total, float* output,
        long tokens, int n, long channels, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_finish_backward")]
    public static partial int FinishBackward(
        float* total, float* post, float* norm, float epsilon, float* gradOutput, float* gradTotal, float* gradY, float* gradNorm,
        long tokens, int n, long channels, byte* error, nuint errorSize);
}
