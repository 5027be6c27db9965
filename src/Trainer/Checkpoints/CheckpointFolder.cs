using System.Globalization;
using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Files;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// The folder of all checkpoints of a job. <c>step-00001200</c> is the one after 1200 updates and is always whole: it is made under a
/// name with <c>.tmp-</c> and renamed, and renamed back to such a name before it is deleted.
/// </summary>
internal sealed class CheckpointFolder
{
    private const string TemporaryPrefix = ".tmp-";
    private const int LongestHealth = 1 << 20;

    private readonly TimeProvider _time;

    private CheckpointFolder(string path, TimeProvider time, IDisk disk) => (Path, _time, Disk) = (path, time, disk);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Through which it is written.</summary>
    public IDisk Disk { get; }

    /// <summary>Opens a folder for writing, and makes it where it does not exist.</summary>
    /// <exception cref="TrainerException">It cannot be made or written to; a retry cannot help.</exception>
    public static CheckpointFolder OpenForWriting(string path, TimeProvider time, IDisk? disk = null)
    {
        try
        {
            Directory.CreateDirectory(path);
            var probe = System.IO.Path.Combine(path, $"{TemporaryPrefix}probe-{Environment.ProcessId}-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return new CheckpointFolder(path, time, disk ?? Files.Disk.Instance);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TrainerException.Configuration(EndReason.CheckpointFolderNotWritable,
                $"checkpoint folder {path} (MHC_CHECKPOINT_DIR) cannot be written by user {Environment.UserName}: {e.Message}", e);
        }
    }

    /// <summary>Opens a folder for reading.</summary>
    public static CheckpointFolder OpenForReading(string path) => new(path, TimeProvider.System, Files.Disk.Instance);

    /// <summary>Folder of a committed checkpoint.</summary>
    public string Of(int step) => System.IO.Path.Combine(Path, CheckpointLayout.NameOf(step));

    /// <summary>Folder in which an attempt makes a checkpoint.</summary>
    public string TemporaryOf(int step, int attempt) =>
        System.IO.Path.Combine(Path,
            string.Create(CultureInfo.InvariantCulture, $"{TemporaryPrefix}{CheckpointLayout.NameOf(step)}-attempt-{attempt}"));

    /// <summary>Steps of all committed checkpoints, ascending.</summary>
    /// <exception cref="IOException">The folder cannot be listed.</exception>
    public IReadOnlyList<int> Steps()
    {
        List<int> steps = [];
        foreach (var folder in Directory.Exists(Path) ? new DirectoryInfo(Path).EnumerateDirectories() : [])
        {
            // Through a link the health of a checkpoint of somebody else would be written; any other spelling of a number is found under
            // another name.
            if (CheckpointLayout.StepOf(folder.Name) is { } step
                && folder.LinkTarget is null
                && string.Equals(folder.Name, System.IO.Path.GetFileName(Of(step)), StringComparison.Ordinal))
            {
                steps.Add(step);
            }
        }

        steps.Sort();
        return steps;
    }

    /// <summary>The manifest of a checkpoint.</summary>
    /// <exception cref="InvalidDataException">It is missing, cannot be parsed, has another version, or says what no checkpoint can
    /// be.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="TrainerException">A newer program wrote it: nothing is wrong with it, so that it is neither put aside nor written
    /// over.</exception>
    public CheckpointManifest ReadManifest(int step)
    {
        var path = System.IO.Path.Combine(Of(step), CheckpointLayout.ManifestName);
        try
        {
            var json = RegularFile.ReadAllBytes(path, CheckpointLayout.LongestManifest);
            if (CheckpointManifest.VersionOf(json) is > CheckpointManifest.CurrentVersion and var newer)
            {
                throw TrainerException.Configuration(EndReason.CheckpointMismatch, string.Create(CultureInfo.InvariantCulture,
                    $"{path} has version {newer}, that of a newer program; this one reads version {CheckpointManifest.CurrentVersion}. Go on with that program, or begin anew with checkpoints.resume: None (mhc run: without --resume)"));
            }

            var manifest = CheckpointManifest.Parse(json);
            if (manifest is not { Version: CheckpointManifest.CurrentVersion } || manifest.Step != step)
            {
                throw new InvalidDataException($"{path}: version {CheckpointManifest.CurrentVersion} of step {step} was expected");
            }

            return ManifestCheck.Problem(manifest) is { } problem ? throw new InvalidDataException($"{path}: {problem}") : manifest;
        }
        catch (FileNotFoundException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Health of a checkpoint; one without a readable <c>health.json</c> is a candidate, since nothing speaks for or against it.
    /// </summary>
    public CheckpointHealth ReadHealth(int step)
    {
        try
        {
            return HealthRecord.Parse(
                RegularFile.ReadAllBytes(System.IO.Path.Combine(Of(step), CheckpointLayout.HealthName), LongestHealth))?.State
                    ?? CheckpointHealth.Candidate;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException
            or InvalidDataException)
        {
            return CheckpointHealth.Candidate;
        }
    }

    /// <summary>Sets the health of a committed checkpoint.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteHealth(int step, CheckpointHealth state, string reason) => WriteHealth(Of(step), state, reason);

    /// <summary>Writes the first <c>health.json</c> of a checkpoint that is being made.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteHealth(string folder, CheckpointHealth state, string reason)
    {
        var record = new HealthRecord { State = state, Reason = reason, Since = _time.GetUtcNow() };
        Disk.WriteAtomically(System.IO.Path.Combine(folder, CheckpointLayout.HealthName), record.Render());
    }

    /// <summary>Gives a finished folder its final name; a worthless checkpoint that has the name makes room.</summary>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    public void Commit(string temporary, int step)
    {
        var final = Of(step);
        if (Directory.Exists(final))
        {
            Delete(step);
        }

        Disk.RenameFolder(temporary, final);
        Disk.FlushFolder(Path);
    }

    /// <summary>Deletes a checkpoint. It loses its name first, so that half of it is never taken for a whole.</summary>
    /// <exception cref="IOException">It cannot be deleted.</exception>
    public void Delete(int step)
    {
        var condemned = System.IO.Path.Combine(Path, $"{TemporaryPrefix}deleted-{step:D8}-{Guid.NewGuid():N}");
        Disk.RenameFolder(Of(step), condemned);
        Disk.DeleteFolder(condemned);
    }

    /// <summary>Deletes what dead attempts left unfinished.</summary>
    /// <exception cref="IOException">Something cannot be deleted.</exception>
    public void DeleteLeftovers()
    {
        foreach (var left in new DirectoryInfo(Path).EnumerateFileSystemInfos(TemporaryPrefix + "*"))
        {
            if (left is DirectoryInfo { LinkTarget: null } folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                left.Delete();
            }
        }
    }
}
