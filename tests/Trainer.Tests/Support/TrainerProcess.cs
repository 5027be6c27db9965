using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using MhcOperator.Trainer.Interop;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>A real trainer.</summary>
internal sealed partial class TrainerProcess : IDisposable
{
    /// <summary>SIGTERM.</summary>
    public const int Term = 15;

    /// <summary>SIGHUP.</summary>
    public const int HangUp = 1;

    /// <summary>A trainer that has not ended by then never does.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private TrainerProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += Take;
        _process.ErrorDataReceived += Take;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The program that is tested.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "mhc-trainer");

    /// <summary>What it has printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>The hash that it printed at the end.</summary>
    public string WeightsHash => TrainedRank.HashIn(Output);

    /// <summary>TCP ports that it listens on.</summary>
    public IReadOnlyList<int> ListeningPorts
    {
        get
        {
            const int localAddress = 1, state = 3, inode = 9;
            var sockets = Directory.EnumerateFileSystemEntries($"/proc/{_process.Id}/fd").Select(f => new FileInfo(f).LinkTarget)
                .ToHashSet();
            return [.. ((string[])["tcp", "tcp6"])
                .SelectMany(kind => File.ReadLines($"/proc/{_process.Id}/net/{kind}").Skip(1))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[state] == "0A" && sockets.Contains($"socket:[{fields[inode]}]"))
                .Select(fields => Convert.ToInt32(fields[localAddress].Split(':')[1], 16))];
        }
    }

    /// <summary>An environment variable that it was started with, or started itself anew with; empty where it has none.</summary>
    public string Variable(string name) =>
        File.ReadAllText($"/proc/{_process.Id}/environ").Split('\0')
            .FirstOrDefault(v => v.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";

    /// <summary>
    /// Starts it. Most of the time of a short run is its start: unless a test says otherwise, it takes its memory from the C library, as
    /// which the trainer need not replace itself, and is not protected from what writes code.
    /// </summary>
    public static TrainerProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[Allocator.Variable] = "libc";
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new TrainerProcess(Process.Start(start)!);
    }

    /// <summary>Waits for the end and returns the exit code.</summary>
    public int Wait()
    {
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"still running after {Patience.TotalSeconds} s:\n{Output}");
        }

        // Returns when the output has been read to its end as well.
        _process.WaitForExit();
        return _process.ExitCode;
    }

    /// <summary>Waits until something has happened in the running process.</summary>
    public void WaitUntil(Func<bool> condition) => Eventually.Holds(() => condition() || _process.HasExited, Patience, () => Output);

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        _process.Kill();
        Wait();
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Tell(Term);

    /// <summary>Sends a signal.</summary>
    public void Tell(int signal) => Assert.Equal(0, Signal(_process.Id, signal));

    /// <summary>SIGQUIT.</summary>
    public void AskWhere() => Assert.Equal(0, Signal(_process.Id, 3));

    /// <summary>SIGSTOP: it lives and does nothing.</summary>
    public void Stop() => Assert.Equal(0, Signal(_process.Id, 19));

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);

    private void Take(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { } text)
        {
            lock (_output)
            {
                _output.Append(text).Append('\n');
            }
        }
    }
}
