using System.Runtime.InteropServices;
using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Kernels;

/// <summary>
/// What every call of libmhc_native.so needs: pointers to tensors, which are contiguous on the CPU, and its error codes as exceptions.
/// Streams are float32 or bfloat16, all of a call alike; everything else is float32.
/// </summary>
internal static unsafe class NativeCall
{
    private const int ErrorSize = 512;

    static NativeCall()
    {
        byte* error = stackalloc byte[ErrorSize];
        Check(MhcNative.Initialize(TorchShim.ParallelFor, error, ErrorSize), error);
    }

    /// <summary>avx512_bf16, avx512, avx2 or plain.</summary>
    public static string InstructionSet => Marshal.PtrToStringUTF8((nint)MhcNative.InstructionSet()) ?? "none";

    /// <summary>How a call's streams are stored, and the kernels' number for that.</summary>
    public static (ScalarType Type, int Code) Stored(Tensor x) =>
        x.dtype == ScalarType.BFloat16 ? (ScalarType.BFloat16, 1) : (ScalarType.Float32, 0);

    public static Tensor Like(Tensor tensor) => empty_like(tensor, requires_grad: false);

    /// <summary>The callers' tensors are used after the native call or held by a pass, so they outlive it.</summary>
    public static float* P(Tensor tensor) => TensorMemory.Floats(tensor);

    public static void* S(Tensor? tensor, ScalarType type) => tensor is null ? null : TensorMemory.Elements(tensor, type);

    public static float* Maybe(Tensor? tensor) => tensor is null ? null : P(tensor);

    /// <summary>Calls a function of the library.</summary>
    /// <param name="function">of <see cref="MhcNative"/></param>
    /// <param name="arguments">complete but for their size, which is the first field of all of them</param>
    /// <exception cref="InvalidOperationException">The library refused them, or failed.</exception>
    public static void Call<T>(delegate*<in T, byte*, nuint, int> function, T arguments)
        where T : unmanaged
    {
        *(uint*)&arguments = (uint)sizeof(T);
        byte* error = stackalloc byte[ErrorSize];
        Check(function(in arguments, error, ErrorSize), error);
    }

    private static void Check(int status, byte* error)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"The mHC kernels failed with code {status}: {Marshal.PtrToStringUTF8((nint)error)}");
        }
    }
}
