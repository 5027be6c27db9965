using System.Diagnostics;

namespace MhcOperator.Operator.Local;

/// <summary>A container that is a process.</summary>
internal sealed class ProcessContainer : ILaunchedContainer
{
    /// <summary>As much of a termination message as the kubelet takes.</summary>
    private const int LongestMessage = 4096;

    private readonly Lock _gate = new();
    private readonly Process _process;
    private readonly int _id;
    private readonly Task<ContainerExit> _exited;
    private bool _ended;

    /// <param name="process">The process.</param>
    /// <param name="messagePath">File of its termination message.</param>
    /// <param name="log">Where its last words are taken from when it fails without any; null: nowhere.</param>
    public ProcessContainer(Process process, string messagePath, string? log = null)
    {
        _process = process;
        _id = process.Id;
        _exited = WatchAsync(messagePath, log);
    }

    public void OnExit(Action<ContainerExit> ended) =>
        _ = _exited.ContinueWith(task => ended(task.Result), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    public void Dump() => Send(Signals.Quit);

    public void Terminate() => Send(Signals.Terminate);

    public void Kill() => Send(Signals.Kill);

    private void Send(int signal)
    {
        // Once it is reaped its number may be another process's.
        lock (_gate)
        {
            if (!_ended && !_process.HasExited)
            {
                Signals.Send(_id, signal);
            }
        }
    }

    private async Task<ContainerExit> WatchAsync(string messagePath, string? log)
    {
        await _process.WaitForExitAsync();
        lock (_gate)
        {
            _ended = true;
        }

        var code = _process.ExitCode;
        _process.Dispose();
        var message = ReadMessage(messagePath);
        return new ContainerExit(code, message.Length == 0 && code != 0 && log is not null ? ReadMessage(log) : message);
    }

    private static string ReadMessage(string path)
    {
        try
        {
            // The pod may have put anything in its place.
            if (!RunFile.ExpectPlain(path))
            {
                return "";
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(file.Length, LongestMessage), SeekOrigin.End);
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the termination message cannot be read: {e.Message}";
        }
    }
}
