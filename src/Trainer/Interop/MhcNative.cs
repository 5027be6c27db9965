using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// The C ABI of libmhc_native.so; native/include/mhc.h says what each function computes and what each field is. The structs of arguments
/// have its fields in its order, and a test compares them. The first is the struct's size, by which the library knows its version.
/// </summary>
internal static unsafe partial class MhcNative
{
    private const string Library = NativeLibraries.Kernels;

    [LibraryImport(Library, EntryPoint = "mhc_initialize")]
    public static partial int Initialize(nint parallelFor, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_isa")]
    public static partial byte* InstructionSet();

    [LibraryImport(Library, EntryPoint = "mhc_sinkhorn_forward")]
    public static partial int SinkhornForward(in SinkhornForwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_sinkhorn_backward")]
    public static partial int SinkhornBackward(in SinkhornBackwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_read_forward")]
    public static partial int ReadForward(in ReadForwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_read_backward")]
    public static partial int ReadBackward(in ReadBackwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_write_forward")]
    public static partial int WriteForward(in WriteForwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_write_backward")]
    public static partial int WriteBackward(in WriteBackwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_write_backward_y")]
    public static partial int WriteBackwardY(in WriteBackwardYArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_connect_forward")]
    public static partial int ConnectForward(in ConnectForwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_connect_backward")]
    public static partial int ConnectBackward(in ConnectBackwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_finish_forward")]
    public static partial int FinishForward(in FinishForwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_finish_backward")]
    public static partial int FinishBackward(in FinishBackwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_attention_forward")]
    public static partial int AttentionForward(in AttentionForwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_attention_backward")]
    public static partial int AttentionBackward(in AttentionBackwardArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_multiply")]
    public static partial int Multiply(in MultiplyArgs arguments, byte* error, nuint errorSize);

    [StructLayout(LayoutKind.Sequential)]
    public struct Head
    {
        public uint Size;
        public int Dtype, N, Iterations;
        public long Tokens, Channels;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct SinkhornForwardArgs
    {
        public Head Head;
        public float* Logits, Output;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct SinkhornBackwardArgs
    {
        public Head Head;
        public float* Logits, GradOutput, GradLogits;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ReadForwardArgs
    {
        public Head Head;
        public void* X;
        public float* Pre;
        public void* H;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ReadBackwardArgs
    {
        public Head Head;
        public void* X;
        public float* Pre;
        public void* GradH, GradX;
        public float* GradPre;
        public int AccumulateX, Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct WriteForwardArgs
    {
        public Head Head;
        public void* X, Y;
        public float* Res, Post;
        public void* Output;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct WriteBackwardArgs
    {
        public Head Head;
        public void* X, Y;
        public float* Res, Post;
        public void* GradOutput, GradX, GradY;
        public float* GradRes, GradPost;
        public int AccumulateX, Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct WriteBackwardYArgs
    {
        public Head Head;
        public float* Post;
        public void* GradOutput, GradY;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ConnectForwardArgs
    {
        public Head Head;
        public void* X, Y;
        public float* ResBefore, PostBefore, Phi, Bias, Alpha, Norm;
        public void* XNext;
        public float* Pre, Post, Res, Raw, R;
        public void* H;
        public float Epsilon;
        public int XReplicated;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ConnectBackwardArgs
    {
        public Head Head;
        public void* X, Y;
        public float* Phi, Bias, Alpha, Norm, Pre, Post, Res, Raw, R;
        public void* GradOutput, GradH;
        public float* PostBefore;
        public void* GradX, GradYBefore;
        public float* GradPhi, GradBias, GradAlpha, GradNorm;
        public float Epsilon;
        public int XReplicated, GradOutputReplicated, Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct FinishForwardArgs
    {
        public Head Head;
        public void* X, Y;
        public float* Res, Post, Norm;
        public void* Total, Output;
        public float Epsilon;
        public int XReplicated;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct FinishBackwardArgs
    {
        public Head Head;
        public void* Total;
        public float* Post, Norm;
        public void* GradOutput, GradTotal, GradY;
        public float* GradNorm;
        public float Epsilon;
        public int Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct AttentionHead
    {
        public uint Size;
        public int Dtype;
        public long Batch, Time, Heads, KeyHeads, Width;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct AttentionForwardArgs
    {
        public AttentionHead Head;
        public void* Qkv, Output;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct AttentionBackwardArgs
    {
        public AttentionHead Head;
        public void* Qkv, GradOutput, GradQkv;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct MultiplyArgs
    {
        public uint Size;
        public int Dtype;
        public long Rows, Columns, Depth;
        public void* Left, Right, To;
        public int ToDtype, LeftTransposed, RightTransposed, Accumulate;
    }
}
