using System.Runtime.InteropServices;
using System.Text;

namespace MhcOperator.CommandLine;

/// <summary>
/// What a program needs of its process before it begins: without it, it fails somewhere, with words about a part of itself. So it is asked
/// for at once, by what opens nothing.
/// </summary>
internal static partial class Surroundings
{
    /// <summary>Files that a program needs to open: about 80 are open when it begins to work.</summary>
    private const int LeastFiles = 256;

    private const int Files = 7; // RLIMIT_NOFILE
    private const int StandardInput = 0;
    private const int StandardError = 2;
    private const int GetFlags = 1;
    private const int CloseOnExec = 1;

    /// <summary>What is wrong: a reason in CamelCase, and words for people; null: nothing.</summary>
    public static unsafe (string Reason, string Words)? Problem()
    {
        var limits = stackalloc ulong[2]; // that which holds, and up to where it may be raised: .NET has done so
        if (Get(Files, limits) == 0 && limits[0] < LeastFiles)
        {
            return ("TooFewOpenFiles",
                $"a process may open only {limits[0]} files here (ulimit -n), and {LeastFiles} are needed; raise that limit");
        }

        try
        {
            _ = Directory.GetCurrentDirectory();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ("NoWorkingFolder", "the working folder has been deleted or cannot be entered; start in another one");
        }
    }

    /// <summary>
    /// Whether the process was started without a standard input. The runtime may have opened a file of its own under that number since, for
    /// which a reader would wait for ever; what a process is started with is never closed by exec.
    /// </summary>
    public static bool InputIsClosed => Control(StandardInput, GetFlags) is var flags && (flags < 0 || (flags & CloseOnExec) != 0);

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

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int file, int command);

    [LibraryImport("libc", EntryPoint = "write")]
    private static unsafe partial nint Write(int file, byte* text, nint count);
}
