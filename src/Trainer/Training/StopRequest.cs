using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// SIGTERM, SIGINT, and SIGHUP, which comes when the terminal or the session of a trainer ends. Once training runs, the loop sees the
/// request at the end of a step, together with its peers; before that there is nothing to save, and <paramref name="leave"/> ends the
/// process.
/// </summary>
/// <param name="leave">Ends the process at once.</param>
internal sealed class StopRequest(Action leave) : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private volatile bool _requested;
    private volatile bool _training;
    private Action? _asked;

    /// <summary>Whether to stop.</summary>
    public bool Requested => _requested;

    /// <summary>Begins to listen.</summary>
    public static StopRequest Listen(Action leave)
    {
        var request = new StopRequest(leave);
        request._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, request.On));
        request._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, request.On));
        request._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, request.On));
        return request;
    }

    /// <summary>From now on the loop looks at <see cref="Requested"/>.</summary>
    public void TrainingBegins() => _training = true;

    /// <summary>Adds what is called, on another thread, when a stop is asked for while training runs.</summary>
    public void OnRequest(Action asked) => _asked += asked;

    /// <summary>Asks to stop.</summary>
    public void Request()
    {
        _requested = true;
        if (_training)
        {
            _asked?.Invoke();
        }
        else
        {
            leave();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _registrations.ForEach(r => r.Dispose());

    private void On(PosixSignalContext context)
    {
        context.Cancel = true;
        Request();
    }
}
