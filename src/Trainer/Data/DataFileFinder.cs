using System.Globalization;
using System.Runtime.InteropServices;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>Finds the files of a data set, sorted by their ordinal path, so that the order is the same on every machine.</summary>
internal static class DataFileFinder
{
    /// <summary>Standard input, where it can be read.</summary>
    public const string StandardInput = "-";

    private const int MostFiles = 1_000_000;
    private const int MostFolders = 100_000;

    // File systems without an end, or whose files are devices.
    private static readonly string[] Machinery =
        ["proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "configfs", "bpf", "mqueue",
        "pstore"];

    /// <summary>
    /// The file itself, or all files under a folder. Names that begin with a dot are left out: a ConfigMap's mount keeps its versions under
    /// such names.
    /// </summary>
    /// <exception cref="TrainerException">There is no such file or folder, or a folder cannot be listed.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        if (!Directory.Exists(path))
        {
            throw TrainerException.DataUnreadable(path == StandardInput
                ? "data source -: standard input can be read only once; write it to a file first, or give it to `mhc-trainer prepare`"
                : $"data source {path}: there is no such file or folder (spec.data.source.path)");
        }

        List<string> files = [];
        var folders = 0;
        Collect(path, [], within: null, files, ref folders);
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    /// <summary>The file itself, or all files under a folder whose names end in <c>.bin</c>.</summary>
    /// <exception cref="TrainerException">There is none.</exception>
    public static IReadOnlyList<string> FindTokens(string path)
    {
        var found = Find(path);
        var files = File.Exists(path) ? found : [.. found.Where(f => f.EndsWith(".bin", StringComparison.OrdinalIgnoreCase))];
        return files.Count > 0
            ? files
            : throw TrainerException.DataUnreadable(
                $"data source {path}: none of the {found.Count} files in it is named *.bin (spec.data.format: Tokens)");
    }

    /// <summary>
    /// The XML documentation that comes with the .NET SDK: a real English text that is on every machine that can build us.
    /// </summary>
    /// <exception cref="TrainerException">This machine has no SDK.</exception>
    public static IReadOnlyList<string> FindDefault()
    {
        var root = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } named
            ? named
            : Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var packs = Path.Combine(root, "packs");
        var files = Directory.Exists(packs)
            ? Find(packs).Where(f => f.EndsWith(".xml", StringComparison.Ordinal) && f.Contains("/ref/", StringComparison.Ordinal)).ToList()
            : [];
        return files.Count > 0
            ? files
            : throw TrainerException.DataUnreadable(
                $"no training text: spec.data.source names none, MHC_CORPUS is not set, and {packs} has no XML documentation of a .NET SDK");
    }

    /// <param name="folder">To list.</param>
    /// <param name="above">Folders that it was found through, by file system and number.</param>
    /// <param name="within">File system of the last of them.</param>
    /// <param name="files">Takes what is found.</param>
    /// <param name="folders">How many were listed.</param>
    private static void Collect(string folder, HashSet<(ulong FileSystem, ulong Inode)> above, ulong? within, List<string> files,
        ref int folders)
    {
        try
        {
            var status = RegularFile.Look(folder);
            if (status.FileSystem != within && new DriveInfo(Path.GetFullPath(folder)).DriveFormat is var kind && Machinery.Contains(kind))
            {
                throw TrainerException.DataUnreadable(
                    $"data folder {folder}: it shows what the machine does ({kind}), and has no files of data");
            }

            if (!above.Add((status.FileSystem, status.Inode)))
            {
                throw TrainerException.DataUnreadable($"data folder {folder}: a link that leads back to a folder above it");
            }

            if (++folders > MostFolders)
            {
                throw TooMany(folder, MostFolders, "folders");
            }

            foreach (var file in Directory.EnumerateFiles(folder).Where(IsVisible))
            {
                files.Add(file);
                if (files.Count > MostFiles)
                {
                    throw TooMany(folder, MostFiles, "files");
                }
            }

            foreach (var child in Directory.EnumerateDirectories(folder).Where(IsVisible))
            {
                Collect(child, above, status.FileSystem, files, ref folders);
            }

            above.Remove((status.FileSystem, status.Inode));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw TrainerException.DataUnreadable($"data folder {folder}: cannot be listed: {e.Message}", e);
        }
    }

    private static TrainerException TooMany(string folder, int most, string what) => TrainerException.DataUnreadable(
        string.Create(CultureInfo.InvariantCulture,
            $"data folder {folder}: more than {most} {what}; pack them into fewer first (text: cat; tokens: mhc-trainer prepare)"));

    private static bool IsVisible(string path) => !Path.GetFileName(path).StartsWith('.');
}
