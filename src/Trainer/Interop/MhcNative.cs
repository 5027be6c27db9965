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
    public static partial int SinkhornForward(float* logits, float* output, long tokens, int n, int iterations, byte* error,
        nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_sinkhorn_backward")]
    public static partial int SinkhornBackward(
        float* logits, float* gradOutput, float* gradLogits, long tokens, int n, int iterations, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_read_forward")]
    public static partial int ReadForward(int dtype, void* x, float* pre, void* h, long tokens, int n, long channels, byte* error,
        nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_read_backward")]
    public static partial int ReadBackward(
        int dtype, void* x, float* pre, void* gradH, void* gradX, float* gradPre, long tokens, int n, long channels, int accumulateX,
        byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_write_forward")]
    public static partial int WriteForward(
        int dtype, void* x, void* y, float* res, float* post, void* output, long tokens, int n, long channels, byte* error,
        nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_write_backward")]
    public static partial int WriteBackward(
        int dtype, void* x, void* y, float* res, float* post, void* gradOutput, void* gradX, void* gradY, float* gradRes, float* gradPost,
        long tokens, int n, long channels, int accumulateX, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_write_backward_y")]
    public static partial int WriteBackwardY(
        int dtype, float* post, void* gradOutput, void* gradY, long tokens, int n, long channels, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_connect_forward")]
    public static partial int ConnectForward(
        int dtype, void* x, int xReplicated, void* y, float* resBefore, float* postBefore, void* xNext, float* phi, float* bias,
        float* alpha, float* norm, float epsilon,
        float* pre, float* post, float* res, float* raw, float* r, void* h, long tokens, int n, long channels, int iterations, byte* error,
        nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_connect_backward")]
    public static partial int ConnectBackward(
        int dtype, void* x, int xReplicated, void* y, float* phi, float* bias, float* alpha, float* norm, float epsilon, float* pre,
        float* post, float* res, float* raw, float* r,
        void* gradOutput, int gradOutputReplicated, void* gradH, void* gradX, float* postBefore, void* gradYBefore, float* gradPhi,
        float* gradBias, float* gradAlpha,
        float* gradNorm, long tokens, int n, long channels, int iterations, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_finish_forward")]
    public static partial int FinishForward(
        int dtype, void* x, int xReplicated, void* y, float* res, float* post, float* norm, float epsilon, void* total, void* output,
        long tokens, int n, long channels, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_finish_backward")]
    public static partial int FinishBackward(
        int dtype, void* total, float* post, float* norm, float epsilon, void* gradOutput, void* gradTotal, void* gradY, float* gradNorm,
        long tokens, int n, long channels, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_attention_forward")]
    public static partial int AttentionForward(
        int dtype, void* qkv, void* output, long batch, long time, long heads, long keyHeads, long width, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_attention_backward")]
    public static partial int AttentionBackward(
        int dtype, void* qkv, void* gradOutput, void* gradQkv, long batch, long time, long heads, long keyHeads, long width, byte* error,
        nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_multiply")]
    public static partial int Multiply(
        int dtype, void* left, int leftTransposed, void* right, int rightTransposed, int toDtype, void* to, int accumulate, long rows,
        long columns, long depth, byte* error, nuint errorSize);
}
