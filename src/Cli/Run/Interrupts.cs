using System.Runtime.InteropServices;

namespace MhcOperator.Cli.Run;

/// <summary>Ctrl-C and SIGTERM during a run: the first asks for a checkpoint and an end, the second ends at once.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource kill = new();
    private readonly List<PosixSignalRegistration> registrations;
    private readonly Action<bool> told;

    /// <summary>Starts to listen.</summary>
    /// <param name="told">Called at each signal; true: the run ends at once.</param>
    public Interrupts(Action<bool> told)
    {
        this.told = told;
        registrations = [Listen(PosixSignal.SIGINT), Listen(PosixSignal.SIGTERM), Listen(PosixSignal.SIGHUP)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => stop.Token;

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken Kill => kill.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        registrations.ForEach(r => r.Dispose());
        stop.Dispose();
        kill.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        var again = stop.IsCancellationRequested;
        told(again);
        (again ? kill : stop).Cancel();
    });
}
