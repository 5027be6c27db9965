using System.Runtime.InteropServices;

namespace MhcOperator.Cli.Run;

/// <summary>Ctrl-C and SIGTERM during a run: the first asks for a checkpoint and an end, the second ends at once.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly List<PosixSignalRegistration> _registrations;
    private readonly Action<bool> _told;

    /// <summary>Starts to listen.</summary>
    /// <param name="told">Called at each signal; true: the run ends at once.</param>
    public Interrupts(Action<bool> told)
    {
        _told = told;
        _registrations = [Listen(PosixSignal.SIGINT), Listen(PosixSignal.SIGTERM), Listen(PosixSignal.SIGHUP)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken Kill => _kill.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _stop.Dispose();
        _kill.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        var again = _stop.IsCancellationRequested;
        _told(again);
        (again ? _kill : _stop).Cancel();
    });
}
