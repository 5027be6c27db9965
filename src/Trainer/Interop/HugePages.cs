using System.Globalization;
using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// Lays tcmalloc's heap, where tensors are, on the kernel's transparent huge pages of 2 MiB. A step takes hundreds of MiB and passes over matrices
/// by column, too: on pages of 4 KiB the processor looks for addresses again and again, and where those pages lie decides how well its caches serve
/// a process for all its life. The heap grows piece by piece, and a piece gets small pages at first, so it is collapsed after a step in which it has
/// grown (madvise(2), MADV_COLLAPSE; before Linux 6.1 the kernel does it bit by bit in the background).
/// </summary>
internal static partial class HugePages
{
    /// <summary>Environment variable: <c>off</c>; not set: on, unless the system's setting is never.</summary>
    public const string Variable = "MHC_HUGE_PAGES";

    private const string Setting = "/sys/kernel/mm/transparent_hugepage/enabled";
    private const string Sums = "smaps_rollup"; // from Linux 4.14; sandboxes may lack it
    private const nint PageBytes = 2 << 20;
    private const int Advice = 14; // MADV_HUGEPAGE of mman.h
    private const int Collapse = 25; // MADV_COLLAPSE

    private static readonly bool Wanted = Environment.GetEnvironmentVariable(Variable) != "off" && !SystemSetting.Contains("[never]", StringComparison.Ordinal);

    private static long _heap;

    /// <summary>The kernel's choices, the one that holds in brackets, such as "always [madvise] never".</summary>
    public static string SystemSetting => File.Exists(Setting) ? File.ReadAllText(Setting) : "[never]";

    /// <summary>Bytes of a process's memory that are on huge pages; 0 where the system does not say.</summary>
    public static long BytesOf(string process = "self") =>
        File.Exists($"/proc/{process}/{Sums}") ? ProcessMemory.Bytes(Sums, "AnonHugePages:", process) : 0;

    /// <summary>To be called after a step; costs nothing where the heap has not grown since the last call. The kernel may refuse.</summary>
    public static void Follow()
    {
        if (!Wanted || Allocator.HeapBytes is not { } heap || heap - _heap < PageBytes)
        {
            return;
        }

        _heap = heap;
        foreach (var line in File.ReadLines("/proc/self/maps").Where(l => l.EndsWith("[heap]", StringComparison.Ordinal)))
        {
            // begin-end in hexadecimal, and more; only whole pages can be laid.
            var dash = line.IndexOf('-', StringComparison.Ordinal);
            var begin = (Address(line.AsSpan(0, dash)) + PageBytes - 1) / PageBytes * PageBytes;
            var end = Address(line.AsSpan(dash + 1, line.IndexOf(' ', StringComparison.Ordinal) - dash - 1)) / PageBytes * PageBytes;
            if (begin < end)
            {
                _ = Advise(begin, end - begin, Advice);
            }

            // One by one: the kernel goes no further where it refuses one.
            for (var page = begin; page < end; page += PageBytes)
            {
                _ = Advise(page, PageBytes, Collapse);
            }
        }

        static nint Address(ReadOnlySpan<char> digits) => nint.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);
}
