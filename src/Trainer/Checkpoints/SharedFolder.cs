using System.Text;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Whether all ranks have one and the same checkpoint folder: each writes a part of a checkpoint, and rank 0 says that it is whole.
/// </summary>
internal static class SharedFolder
{
    /// <summary>
    /// Rank 0 makes a folder of a name that was never there before, so that no file system can know it by heart, and all look for it.
    /// </summary>
    /// <exception cref="TrainerException">A rank does not see it, or it cannot be made.</exception>
    public static void Check(CheckpointFolder folder, IGang gang)
    {
        var name = gang.Rank == 0 ? $".tmp-seen-{Guid.NewGuid():N}" : "";
        var failure = gang.Rank == 0 ? Try(() => Directory.CreateDirectory(Path.Combine(folder.Path, name))) : null;
        name = Encoding.UTF8.GetString(gang.Gather(Encoding.UTF8.GetBytes(failure is null ? name : ""))[0]);
        var seen = gang.Gather([name.Length == 0 || Directory.Exists(Path.Combine(folder.Path, name)) ? (byte)1 : (byte)0]);
        if (gang.Rank == 0 && failure is null)
        {
            failure = Try(() => Directory.Delete(Path.Combine(folder.Path, name)));
        }

        if (failure is not null)
        {
            throw TrainerException.TryAgain(EndReason.CheckpointFolderBusy, $"checkpoint folder {folder.Path}: {failure}");
        }

        var blind = seen.Select((s, rank) => (Sees: s is [1], Rank: rank)).Where(s => !s.Sees).Select(s => s.Rank).ToList();
        if (blind.Count > 0)
        {
            throw TrainerException.Configuration(
                EndReason.RanksDiffer,
                $"MHC_CHECKPOINT_DIR: what rank 0 writes there is not seen by {(blind.Count == 1 ? "rank" : "ranks")} {string.Join(", ", blind)}; all ranks must share one checkpoint folder").OfAll();
        }
    }

    private static string? Try(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
