using System.Collections.Concurrent;
using System.Diagnostics;

namespace MhcOperator.Operator.Local;

/// <summary>
/// Starts processes that die with this one, however it ends. Each is started through <c>setpriv --pdeathsig KILL</c>, which has the kernel
/// kill it when the thread that started it ends; so all are started by one thread of their own, which lives as long as the spawner does (a
/// pool thread may end at any time). <c>setsid</c> gives each its own session, so that Ctrl-C in the terminal reaches this process only,
/// and a group that can be killed with all its children. Where the two tools are missing (another system than Linux), the process is
/// started plainly.
/// </summary>
internal sealed class ProcessSpawner : IDisposable
{
    private static readonly string? SetSid = FindTool("setsid");
    private static readonly string? SetPriv = FindTool("setpriv");
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private bool _disposed;

    public ProcessSpawner()
    {
        _thread = new Thread(() =>
        {
            foreach (var action in _work.GetConsumingEnumerable())
            {
                action();
            }
        })
        {
            IsBackground = true,
            Name = "process spawner",
        };
        _thread.Start();
    }

    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">Laid over this process's own.</param>
    /// <param name="folder">Working folder; this process's own where null.</param>
    /// <param name="log">File to which standard output and error are appended; its folder exists. Where it cannot be written, they go
    /// nowhere.</param>
    /// <exception cref="IOException">It cannot be started.</exception>
    public Process Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, string? folder, string log)
    {
        // The shell opens the log, so that output goes there without passing through this process, and then becomes the program.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = folder ?? "" };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("log=$1; shift; (: >>\"$log\") 2>/dev/null || log=/dev/null; exec \"$@\" >>\"$log\" 2>&1 </dev/null");
        foreach (var word in (string[])["sh", log, .. Wrapped(), .. command])
        {
            start.ArgumentList.Add(word);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
            {
                started.SetException(new IOException($"cannot start {command[0]}: {e.Message}", e));
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private static string[] Wrapped() => (SetSid, SetPriv) switch
    {
        (null, null) => [],
        ({ } sid, null) => [sid],
        (null, { } priv) => [priv, "--pdeathsig", "KILL", "--"],
        ({ } sid, { } priv) => [sid, priv, "--pdeathsig", "KILL", "--"],
    };

    private static string? FindTool(string name) =>
        OperatingSystem.IsLinux() ? ((string[])["/usr/bin", "/bin"]).Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists) : null;
}
