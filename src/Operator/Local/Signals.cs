using System.Runtime.InteropServices;

namespace MhcOperator.Operator.Local;

/// <summary>Signals; .NET itself can only send SIGKILL.</summary>
internal static partial class Signals
{
    public const int Quit = 3;
    public const int Terminate = 15;
    public const int Kill = 9;

    /// <summary>Sends a signal to the process, and to its group where it leads one. One that has ended gets none.</summary>
    public static void Send(int process, int signal)
    {
        // Before setsid has run there is no such group yet, and only the process itself can be reached.
        if (SendSignal(-process, signal) != 0)
        {
            _ = SendSignal(process, signal);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int process, int signal);
}
