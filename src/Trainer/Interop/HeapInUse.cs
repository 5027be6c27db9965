using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Interop;

/// <summary>What the C library's own allocator has given out to this process, all threads together.</summary>
internal static partial class HeapInUse
{
    /// <summary>Bytes.</summary>
    public static long Bytes
    {
        get
        {
            var counts = Count();
            return (long)(counts.InUse + counts.Mapped);
        }
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial Counts Count();

    /// <summary>struct mallinfo2 of malloc.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Counts
    {
        public readonly nuint Arena;
        public readonly nuint FreeChunks;
        public readonly nuint FreeSmallChunks;
        public readonly nuint Mappings;
        public readonly nuint Mapped;
        public readonly nuint Unused;
        public readonly nuint FreeSmall;
        public readonly nuint InUse;
        public readonly nuint Free;
        public readonly nuint Top;
    }
}
