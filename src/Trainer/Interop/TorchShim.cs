using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// The stable C ABI that libtorch exports (torch/csrc/inductor/aoti_torch/c/shim.h and torch/csrc/stable/c/shim.h of PyTorch 2.10).
/// An AtenTensorHandle is a pointer to an at::Tensor, which is what TorchSharp's <c>Tensor.Handle</c> is. Functions return 0 on success.
/// </summary>
internal static unsafe partial class TorchShim
{
    private const string Library = NativeLibraries.Torch;

    /// <summary>Parallel loop on libtorch's thread pool; for handing on to native code.</summary>
    public static nint ParallelFor =>
        NativeLibrary.GetExport(NativeLibrary.Load(Path.Combine(AppContext.BaseDirectory, $"lib{Library}.so")), "torch_parallel_for");

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_data_ptr")]
    public static partial int GetDataPointer(nint tensor, void** pointer);

    [LibraryImport(Library, EntryPoint = "aoti_torch_create_tensor_from_blob_v2")]
    public static partial int CreateTensorFromBlob(
        void* data, long dimensions, long* sizes, long* strides, long storageOffset, int dtype, int deviceType, int deviceIndex,
        nint* tensor, int layout, byte* opaque, long opaqueSize);

    /// <summary>A second handle to the same tensor; whoever gets it owns it.</summary>
    [LibraryImport(Library, EntryPoint = "aoti_torch_new_tensor_handle")]
    public static partial int NewTensorHandle(nint tensor, nint* result);

    [LibraryImport(Library, EntryPoint = "torch_call_dispatcher", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CallDispatcher(string operation, string overload, ulong* stack, ulong abiVersion);

    [LibraryImport(Library, EntryPoint = "aoti_torch_abi_version")]
    public static partial ulong AbiVersion();

    [LibraryImport(Library, EntryPoint = "torch_new_list_reserve_size")]
    public static partial int NewList(nuint capacity, nint* list);

    [LibraryImport(Library, EntryPoint = "torch_list_push_back")]
    public static partial int ListPushBack(nint list, ulong value);
}
