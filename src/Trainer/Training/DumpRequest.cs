using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.Telemetry;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// SIGQUIT: says where this rank stands (<see cref="ThreadDump"/>) and goes on. The same when a stop was asked for and training has not
/// come to the end of its step for a while: then it hangs, and whoever stops it wants to know where. The text goes to the log, which goes
/// with the pod, and into the checkpoint folder, which stays.
/// </summary>
internal sealed class DumpRequest : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly GangIdentity _identity;
    private readonly ActivityBoard _activity;
    private readonly CheckpointFolder _folder;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly PosixSignalRegistration _signal;
    private ITimer? _late;

    private DumpRequest(GangIdentity identity, ActivityBoard activity, CheckpointFolder folder, StopRequest stop, Action<string> say,
        TimeProvider time)
    {
        (_identity, _activity, _folder, _say, _time) = (identity, activity, folder, say, time);
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context =>
        {
            context.Cancel = true;
            Dump("SIGQUIT");
        });
        stop.OnRequest(
            () => _late ??= time.CreateTimer(_ => Dump("asked to stop, and the step does not end"), null, Patience,
                Timeout.InfiniteTimeSpan));
    }

    /// <summary>Begins to listen.</summary>
    /// <param name="identity">This rank.</param>
    /// <param name="activity">What training is at.</param>
    /// <param name="folder">Where the text is kept.</param>
    /// <param name="stop">Tells that a stop was asked for.</param>
    /// <param name="say">Takes the text.</param>
    /// <param name="time">Clock.</param>
    public static DumpRequest Listen(GangIdentity identity, ActivityBoard activity, CheckpointFolder folder, StopRequest stop,
        Action<string> say, TimeProvider time) =>
        new(identity, activity, folder, stop, say, time);

    /// <inheritdoc/>
    public void Dispose()
    {
        _signal.Dispose();
        _late?.Dispose();
    }

    private void Dump(string why)
    {
        try
        {
            var text = ThreadDump.Of(_identity.ToString(), why, _activity.Current, _time.GetUtcNow());
            _say(text);
            var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "diagnostics"));
            if (folder.LinkTarget is not null)
            {
                throw new InvalidDataException($"{folder.FullName} is a link");
            }

            using var file = RegularFile.OpenAppend(
                Path.Combine(folder.FullName,
                    string.Create(CultureInfo.InvariantCulture, $"attempt-{_identity.Attempt:00000}-rank-{_identity.Rank:00000}.txt")));
            file.Write(Encoding.UTF8.GetBytes(text + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            _say($"warning: where this rank stands is not kept in {_folder.Path}: {e.Message}");
        }
    }
}
