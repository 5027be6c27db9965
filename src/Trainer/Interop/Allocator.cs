using System.Runtime.InteropServices;
using System.Text;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// Which allocator serves libtorch's tensors. Every step allocates and frees the same aligned pieces of a few MiB, and glibc (2.36) does
/// not find a piece that it freed again for one of the same size and alignment: the heap grows to four times what is in use, a step never
/// meets memory that it has just used, and the kernel scatters it over small pages. gperftools' tcmalloc finds them. An allocator has to be
/// there before the C library's first call, so the process is replaced by itself, once, with the library preloaded; where there is none,
/// <see cref="HeapSettings"/> makes the best of the C library's.
/// </summary>
internal static unsafe partial class Allocator
{
    /// <summary>Environment variable: <c>libc</c>, or a library to preload; not set: tcmalloc, where the system has it.</summary>
    public const string Variable = "MHC_ALLOCATOR";

    private const string Preload = "LD_PRELOAD";
    private const string LibC = "libc";

    private static readonly string[] Usual =
    [
        "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4",
        "/usr/lib64/libtcmalloc_minimal.so.4",
        "/usr/lib/libtcmalloc_minimal.so.4",
    ];

    private static readonly delegate* unmanaged<byte*, nuint*, int> Property =
        (delegate* unmanaged<byte*, nuint*, int>)Find("MallocExtension_GetNumericProperty");

    private static readonly delegate* unmanaged<void> Release = (delegate* unmanaged<void>)Find("MallocExtension_ReleaseFreeMemory");

    /// <summary>For people: tcmalloc, or libc, which stands for any other.</summary>
    public static string Name => Property is null ? LibC : "tcmalloc";

    /// <summary>Bytes that it has given out to this process, all threads together.</summary>
    public static long BytesInUse => Ask("generic.current_allocated_bytes\0"u8) ?? HeapInUse.Bytes;

    /// <summary>Gives freed memory back to the system.</summary>
    public static void GiveBack()
    {
        if (Release is not null)
        {
            Release();
        }

        _ = Trim(0);
    }

    /// <summary>To be called first of all. Does not return where the process is replaced.</summary>
    /// <exception cref="TrainerException"><see cref="Variable"/> names what is not there.</exception>
    public static void Choose()
    {
        var wish = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(wish) && wish != LibC && !File.Exists(wish))
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                $"{Variable}: expected libc or the path of a library; there is no file {wish}");
        }

        // Whoever preloads something, as this process did for itself before it was replaced, has chosen.
        if (wish != LibC && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Preload))
            && (string.IsNullOrEmpty(wish) ? Array.Find(Usual, File.Exists) : wish) is { } library)
        {
            Replace(library);
        }

        HeapSettings.KeepFreedMemory();
    }

    /// <summary>Returns only where that is not possible.</summary>
    private static void Replace(string library)
    {
        var arguments = File.ReadAllBytes("/proc/self/cmdline"); // each ends with a zero byte
        var program = Encoding.UTF8.GetBytes(Environment.ProcessPath + '\0');
        _ = SetEnvironment(Preload, library, replace: 1);
        _ = SetEnvironment("TCMALLOC_RELEASE_RATE", "0", replace: 0); // freed memory is kept for the next step
        _ = SetEnvironment("TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD", "1099511627776", replace: 0); // a large tensor is nothing to report
        fixed (byte* first = arguments, path = program)
        {
            var starts = new byte*[arguments.AsSpan().Count((byte)0) + 1]; // the last one is null
            for (int i = 0, at = 0; i < starts.Length - 1; i++)
            {
                starts[i] = first + at;
                at += arguments.AsSpan(at).IndexOf((byte)0) + 1;
            }

            fixed (byte** list = starts)
            {
                _ = Execute(path, list);
            }
        }
    }

    private static long? Ask(ReadOnlySpan<byte> property)
    {
        nuint bytes = 0;
        fixed (byte* name = property)
        {
            return Property is not null && Property(name, &bytes) != 0 ? (long)bytes : null;
        }
    }

    private static nint Find(string function) =>
        OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), function, out var address)
            ? address : 0;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int replace);

    [LibraryImport("libc", EntryPoint = "execv")]
    private static partial int Execute(byte* path, byte** arguments);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
