using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Supervision;

/// <summary>
/// The first process of a container that can restart in place: it runs the trainer as its child, and where that ends with "try again" or
/// "unstable", or dies, the container goes on. The supervisor tells whoever asks how the process has ended, and begins the next attempt
/// once it is ordered to: that is the barrier at which all containers of a gang wait. Ends that are final (0, 65, 78) are the container's
/// own, and so is every other where no order comes.
/// </summary>
/// <param name="settings">What the environment says.</param>
/// <param name="command">Program to run, and its arguments.</param>
/// <param name="say">Takes one line for people.</param>
/// <param name="time">Clock.</param>
internal sealed class Supervisor(SupervisorSettings settings, IReadOnlyList<string> command, Action<string> say,
    TimeProvider time) : IDisposable
{
    private const int LongestMessage = 4096; // the kubelet's own limit
    private const int LongestOrder = 1 << 21; // annotations have 256 KiB at most
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly WorkerBoard _board = new(settings.Attempt, time);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _turn = new();
    private ChildProcess? _child;
    private WorkerServer? _server;

    /// <summary>Port that it answers on, once it runs.</summary>
    public int? Port => _server?.Port;

    /// <summary>Runs until there is nothing more to run.</summary>
    /// <returns>The exit code of the last process.</returns>
    /// <exception cref="TrainerException">There is no such program, or the port is taken.</exception>
    public async Task<int> RunAsync()
    {
        _server = settings.OrderFile is null ? null : Listen();
        IEnumerable<KeyValuePair<string, string>> ordered = [];
        await ConfigurationArrival.WaitAsync(settings.ConfigurationFile, settings.ConfigurationHash, say, time, _stop.Token);
        while (true)
        {
            var code = await RunChildAsync(ordered);
            if (settings.OrderFile is not { } orders || code is ExitCode.Done or ExitCode.DataUnreadable or ExitCode.ConfigurationWrong
                || _stop.IsCancellationRequested)
            {
                return code;
            }

            _board.Ended(code, LastWords());
            say(
                string.Create(CultureInfo.InvariantCulture,
                    $"attempt {_board.Current.Attempt} ended with {code}; waiting for the order to begin another in this container"));
            if (await WaitForOrderAsync(orders) is not { } order)
            {
                return code;
            }

            TerminationReport.Write(settings.TerminationMessage, "", say); // what comes next has not said anything yet
            ordered = order.Environment;
            _board.Began(order.Attempt);
            say($"attempt {order.Attempt} begins in this container");
        }
    }

    /// <summary>Passes a request to end on, and waits for no order any more.</summary>
    public void Stop()
    {
        _stop.Cancel();
        Pass(PosixSignal.SIGTERM);
    }

    /// <summary>Passes a signal on.</summary>
    public void Pass(PosixSignal signal)
    {
        lock (_turn)
        {
            _child?.Signal(signal);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _server?.Dispose();
        _stop.Dispose();
    }

    private WorkerServer Listen()
    {
        try
        {
            return WorkerServer.Start(settings.Address, settings.Port, _board);
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw TrainerException.TryAgain(EndReason.PortTaken,
                string.Create(CultureInfo.InvariantCulture,
                    $"port {settings.Port} ({TrainerEnvironment.WorkerPort}) cannot be listened on: {e.Message}{PortOwner.Describe(settings.Port)}"), e);
        }
    }

    private async Task<int> RunChildAsync(IEnumerable<KeyValuePair<string, string>> ordered)
    {
        using var child = Start(ordered);
        lock (_turn)
        {
            _child = child;
        }

        if (_stop.IsCancellationRequested)
        {
            child.Signal(PosixSignal.SIGTERM); // asked between two processes
        }

        try
        {
            return await child.WaitAsync();
        }
        finally
        {
            lock (_turn)
            {
                _child = null;
            }
        }
    }

    private ChildProcess Start(IEnumerable<KeyValuePair<string, string>> ordered)
    {
        IEnumerable<KeyValuePair<string, string?>> environment =
        [
            .. ordered.Select(v => KeyValuePair.Create(v.Key, (string?)v.Value)),
            new(TrainerEnvironment.OrderFile, null), // it is not to supervise anything itself
            new(TrainerEnvironment.ParentProcess, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)),
        ];
        try
        {
            return ChildProcess.Start(command, environment);
        }
        catch (Win32Exception e)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid, $"{command[0]} cannot be started: {e.Message}", e);
        }
    }

    private string LastWords()
    {
        try
        {
            using var file = RegularFile.OpenRead(settings.TerminationMessage);
            var bytes = new byte[LongestMessage];
            return Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return "";
        }
    }

    /// <summary>The order for a later attempt whose configuration has arrived; null: none will come.</summary>
    private async Task<RestartOrder?> WaitForOrderAsync(string orders)
    {
        using var ticks = new PeriodicTimer(LookInterval, time);
        try
        {
            while (_board.Silence < settings.Patience)
            {
                if (RestartOrder.Parse(Read(orders)) is { } order && order.Attempt > _board.Current.Attempt && HasArrived(order))
                {
                    return order;
                }

                await ticks.WaitForNextTickAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        say("no order has come");
        return null;
    }

    /// <summary>Ranks that begin with different configurations would not train one model.</summary>
    private bool HasArrived(RestartOrder order) => ConfigurationArrival.IsThere(settings.ConfigurationFile, order.ConfigurationHash);

    private static string? Read(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(RegularFile.ReadNamed(path, LongestOrder));
        }
        catch (IOException)
        {
            return null; // the kubelet is about to replace it
        }
    }
}
