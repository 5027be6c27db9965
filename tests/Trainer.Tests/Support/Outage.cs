using MhcOperator.Trainer.Checkpoints;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>One machine's way to a checkpoint folder, which can fail while the folder stays where it is for others.</summary>
internal sealed class Outage : IDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly TimeProvider _time;
    private readonly string _way = Path.Combine(Path.GetTempPath(), $"mhc-way-{Guid.NewGuid():N}");

    /// <param name="folder">The checkpoint folder.</param>
    /// <param name="time">The machine's clock.</param>
    public Outage(TemporaryFolder folder, TimeProvider time)
    {
        (_folder, _time) = (folder, time);
        End();
    }

    /// <summary>The fence of an attempt, looked at from that machine.</summary>
    public CheckpointFence Fence(int attempt) => new(CheckpointFolder.OpenForWriting(_way, _time), attempt, _time);

    /// <summary>The folder cannot be reached any more.</summary>
    public void Begin() => File.Delete(_way);

    /// <summary>It can be reached again.</summary>
    public void End() => Directory.CreateSymbolicLink(_way, _folder.Path);

    public void Dispose() => File.Delete(_way);
}
