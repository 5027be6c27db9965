using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// Settings of the C library's allocator for training. Every step allocates and frees the same tensors of a few MiB. By default glibc maps
/// large ones afresh and gives them back when freed, and the kernel clears every page of every one: measured on a step of 4 layers, width
/// 128 and 2048 tokens, that is 8 % of the step's processor time, and half of it where a low MALLOC_MMAP_THRESHOLD_ is set. Here freed
/// memory is kept for the next step; dispose scopes keep the total flat.
/// </summary>
internal static partial class HeapSettings
{
    private const int TrimThreshold = -1; // M_TRIM_THRESHOLD of malloc.h
    private const int MmapThreshold = -3; // M_MMAP_THRESHOLD
    private const int Bytes = 1 << 30;

    /// <summary>
    /// Keeps freed memory in the process. To be called once, before the first tensor. An allocator that knows no such setting ignores it.
    /// </summary>
    public static void KeepFreedMemory()
    {
        _ = Set(MmapThreshold, Bytes);
        _ = Set(TrimThreshold, Bytes);
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int parameter, int value);
}
