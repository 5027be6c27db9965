using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Parallel;

/// <summary>The C ABI of libmhc_collectives.so (native/include/mhc_collectives.h).</summary>
internal static unsafe partial class CollectivesLibrary
{
    /// <summary>A peer did not do its part in time.</summary>
    public const int ErrorTimeout = -3;

    /// <summary>The group could not be formed.</summary>
    public const int ErrorConnect = -2;

    private const string Library = Interop.NativeLibraries.Collectives;

    [LibraryImport(Library, EntryPoint = "mhc_group_create")]
    public static partial int Create(out nint group, in GroupCreateArgs arguments, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_group_all_reduce")]
    public static partial int AllReduce(nint group, void* data, long count, int type, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_group_all_gather")]
    public static partial int AllGather(nint group, void* input, void* output, long bytes, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_group_reduce_scatter")]
    public static partial int ReduceScatter(nint group, void* input, void* output, long count, int type, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_group_all_to_all")]
    public static partial int AllToAll(nint group, void* input, void* output, long bytes, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_group_bytes_sent")]
    public static partial int BytesSent(nint group, out long bytes, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_wire_size")]
    public static partial int WireSize(int format, long count, out long bytes, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_wire_encode")]
    public static partial int WireEncode(int format, float* values, long count, void* wire, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_wire_add")]
    public static partial int WireAdd(int format, void* wire, float* values, long count, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_group_barrier")]
    public static partial int Barrier(nint group, byte* error, nuint errorSize);

    [LibraryImport(Library, EntryPoint = "mhc_group_destroy")]
    public static partial int Destroy(nint group, byte* error, nuint errorSize);

    /// <summary>mhc_group_create_args.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct GroupCreateArgs
    {
        public uint Size;
        public int Rank, Ranks, TimeoutMs;
        public byte* Host, Prefix;
        public delegate* unmanaged<nint, byte*, void*, long, int> Set;
        public delegate* unmanaged<nint, byte*, void*, long, int, long> Get;
        public void* User;
    }
}
