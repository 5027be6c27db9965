using MhcOperator.Trainer.Checkpoints;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>Fences of folders that tests write into.</summary>
internal static class Fences
{
    public const string FileName = ".attempt.json";

    /// <summary>An attempt's fence. The first attempt has claimed the folder with it; others are late.</summary>
    public static CheckpointFence Open(CheckpointFolder folder, int attempt = 1)
    {
        var fence = new CheckpointFence(folder, attempt, TimeProvider.System);
        if (attempt == 1)
        {
            fence.Take();
        }

        return fence;
    }
}
