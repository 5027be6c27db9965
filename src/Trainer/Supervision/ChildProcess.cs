using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Supervision;

/// <summary>A supervised process. It shares this process's output.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    /// <summary>Starts a program.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">What differs from this process's environment; null: not set.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static ChildProcess Start(IReadOnlyList<string> command, IEnumerable<KeyValuePair<string, string?>> environment)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code; 128 and the signal's number where one ended it.</returns>
    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Sends it a signal; one that has ended gets none.</summary>
    /// <param name="signal">SIGTERM or SIGQUIT.</param>
    public void Signal(PosixSignal signal)
    {
        try
        {
            if (!_process.HasExited)
            {
                _ = Kill(_process.Id, signal == PosixSignal.SIGQUIT ? 3 : 15);
            }
        }
        catch (InvalidOperationException)
        {
            return; // it was let go between the two
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
