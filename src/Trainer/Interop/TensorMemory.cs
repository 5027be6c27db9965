using static TorchSharp.torch;

namespace MhcOperator.Trainer.Interop;

/// <summary>Access to the memory of CPU tensors without copies.</summary>
internal static unsafe class TensorMemory
{
    private const int CpuDevice = 0;
    private const int AnyIndex = -1;
    private const int StridedLayout = 0;

    /// <summary>
    /// Address of the first element. It stays valid while a tensor over the same storage is alive, which is the caller's care.
    /// </summary>
    /// <exception cref="InvalidOperationException">The tensor has no storage.</exception>
    public static void* Pointer(Tensor tensor)
    {
        void* pointer;
        var status = TorchShim.GetDataPointer(tensor.Handle, &pointer);
        GC.KeepAlive(tensor);
        return status == 0 ? pointer : throw new InvalidOperationException("The tensor has no memory that can be addressed.");
    }

    /// <summary>Address of the first element for a kernel that takes contiguous float32.</summary>
    /// <exception cref="ArgumentException">The tensor is of another type or not contiguous.</exception>
    public static float* Floats(Tensor tensor) => tensor.dtype == ScalarType.Float32 && tensor.is_contiguous()
        ? (float*)Pointer(tensor)
        : throw new ArgumentException(
            $"The kernels take contiguous float32 tensors, not {tensor.dtype}{(tensor.is_contiguous() ? "" : ", not contiguous")}.",
            nameof(tensor));

    /// <summary><see cref="Floats"/> as elements of a kernel that takes several types.</summary>
    /// <exception cref="ArgumentException">The tensor is of another type or not contiguous.</exception>
    public static SingleElement* Singles(Tensor tensor) => (SingleElement*)Floats(tensor);

    /// <summary>Address of the first element for a kernel that takes contiguous bfloat16.</summary>
    /// <exception cref="ArgumentException">The tensor is of another type or not contiguous.</exception>
    public static BFloat16Element* BFloats(Tensor tensor) => tensor.dtype == ScalarType.BFloat16 && tensor.is_contiguous()
        ? (BFloat16Element*)Pointer(tensor)
        : throw new ArgumentException(
            $"The kernel takes contiguous bfloat16 tensors, not {tensor.dtype}{(tensor.is_contiguous() ? "" : ", not contiguous")}.",
            nameof(tensor));

    /// <summary>Address of the first element for a kernel that takes contiguous elements of a given type.</summary>
    /// <exception cref="ArgumentException">The tensor is of another type or not contiguous.</exception>
    public static void* Elements(Tensor tensor, ScalarType dtype) => tensor.dtype == dtype && tensor.is_contiguous()
        ? Pointer(tensor)
        : throw new ArgumentException(
            $"The kernels take contiguous {dtype} tensors here, not {tensor.dtype}{(tensor.is_contiguous() ? "" : ", not contiguous")}.",
            nameof(tensor));

    /// <summary>The elements, row-major, in place.</summary>
    /// <exception cref="ArgumentException">The tensor is not contiguous, or too large for a span, or its elements have another size than
    /// T.</exception>
    public static Span<T> Span<T>(Tensor tensor)
        where T : unmanaged
    {
        if (!tensor.is_contiguous())
        {
            throw new ArgumentException("The tensor must be contiguous.", nameof(tensor));
        }

        if (tensor.ElementSize != sizeof(T))
        {
            throw new ArgumentException($"The tensor's elements have {tensor.ElementSize} bytes, not {sizeof(T)}.", nameof(tensor));
        }

        if (tensor.numel() > int.MaxValue)
        {
            throw new ArgumentException($"The tensor's {tensor.numel()} elements do not fit into a span.", nameof(tensor));
        }

        return new Span<T>(Pointer(tensor), (int)tensor.numel());
    }

    /// <summary>A contiguous tensor over foreign memory, which must outlive it and is not freed with it.</summary>
    public static Tensor FromPointer(void* data, ReadOnlySpan<long> shape, ScalarType dtype)
    {
        Span<long> strides = stackalloc long[shape.Length];
        long stride = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }

        nint handle;
        int status;
        fixed (long* sizes = shape, steps = strides)
        {
            status = TorchShim.CreateTensorFromBlob(data, shape.Length, sizes, steps, 0, (int)dtype, CpuDevice, AnyIndex, &handle,
                StridedLayout, null, 0);
        }

        return status == 0 ? Tensor.UnsafeCreateTensor(handle)
            : throw new InvalidOperationException("libtorch could not make a tensor over the given memory.");
    }
}
