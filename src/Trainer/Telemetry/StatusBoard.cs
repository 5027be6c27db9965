using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>
/// The newest status, put up by the training thread and read by whoever asks. A snapshot is replaced as a whole and never changed, so
/// neither side waits for the other.
/// </summary>
internal sealed class StatusBoard
{
    private volatile TrainerSnapshot _current = new(new TrainerStatus(), 0, 0, 0);

    /// <summary>The newest snapshot; not to be changed.</summary>
    public TrainerSnapshot Current
    {
        get => _current;
        set => _current = value;
    }
}
