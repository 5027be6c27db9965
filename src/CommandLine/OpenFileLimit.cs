using System.Runtime.InteropServices;
using System.Text;

namespace MhcOperator.CommandLine;

/// <summary>
/// How many files a process may open. With too few it fails wherever it opens the next one, with words about that file or about a part of the
/// program itself; so it is asked for at once, by what opens nothing.
/// </summary>
internal static partial class OpenFileLimit
{
    /// <summary>Files that a program needs: about 80 are open when it begins to work.</summary>
    public const int Least = 256;

    private const int Files = 7; // RLIMIT_NOFILE
    private const int StandardError = 2;

    /// <summary>What is wrong, for people; null: nothing.</summary>
    public static unsafe string? Problem()
    {
        var limits = stackalloc ulong[2]; // that which holds, and up to where it may be raised: .NET has done so
        return Get(Files, limits) == 0 && limits[0] < Least
            ? $"a process may open only {limits[0]} files here (ulimit -n), and {Least} are needed; raise that limit"
            : null;
    }

    /// <summary>Writes a line to standard error without anything that a program usually does that by.</summary>
    public static unsafe void Say(string line)
    {
        var text = Encoding.UTF8.GetBytes(line + "\n");
        fixed (byte* first = text)
        {
            _ = Write(StandardError, first, text.Length);
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static unsafe partial int Get(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "write")]
    private static unsafe partial nint Write(int file, byte* text, nint count);
}
