using MhcOperator.Api;
using MhcOperator.Trainer.Checkpoints;

namespace MhcOperator.Trainer.Drills;

/// <summary>One byte in the middle of the newest checkpoint's largest file is changed.</summary>
internal sealed class CorruptCheckpointDrill(DrillSpec spec, CheckpointFolder folder) : Drill(spec)
{
    /// <inheritdoc/>
    public override void AfterStep(int step)
    {
        if (step != Spec.Step || folder.Steps() is not [.., var newest])
        {
            return;
        }

        var shard = folder.ReadManifest(newest).Shards.MaxBy(s => s.Bytes)!;
        using var file = new FileStream(Path.Combine(folder.Of(newest), shard.File), FileMode.Open, FileAccess.ReadWrite, FileShare.Read,
            bufferSize: 0);
        file.Position = file.Length / 2;
        var value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ 1));
    }
}
