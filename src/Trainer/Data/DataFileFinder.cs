using System.Runtime.InteropServices;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Data;

/// <summary>Finds the files of a data set, sorted by their ordinal path, so that the order is the same on every machine.</summary>
internal static class DataFileFinder
{
    /// <summary>Standard input, where it can be read.</summary>
    public const string StandardInput = "-";

    private const int DeepestFolder = 32;
    private const int MostFiles = 1_000_000;

    /// <summary>The file itself, or all files under a folder. Names that begin with a dot are left out: a ConfigMap's mount keeps its versions under such names.</summary>
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
        Collect(path, depth: 0, files);
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
            : throw TrainerException.DataUnreadable($"data source {path}: none of the {found.Count} files in it is named *.bin (spec.data.format: Tokens)");
    }

    /// <summary>The XML documentation that comes with the .NET SDK: a real English text that is on every machine that can build us.</summary>
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
            : throw TrainerException.DataUnreadable($"no training text: spec.data.source names none, MHC_CORPUS is not set, and {packs} has no XML documentation of a .NET SDK");
    }

    private static void Collect(string folder, int depth, List<string> files)
    {
        if (depth > DeepestFolder)
        {
            throw TrainerException.DataUnreadable($"data folder {folder}: more than {DeepestFolder} folders deep; does a link point back to a folder above it?");
        }

        try
        {
            files.AddRange(Directory.EnumerateFiles(folder).Where(IsVisible));
            foreach (var child in Directory.EnumerateDirectories(folder).Where(IsVisible))
            {
                Collect(child, depth + 1, files);
            }

            if (files.Count > MostFiles)
            {
                throw TrainerException.DataUnreadable(
                    $"data folder {folder}: more than {MostFiles} files; pack them into fewer first (text: cat; tokens: mhc-trainer prepare)");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TrainerException.DataUnreadable($"data folder {folder}: cannot be listed: {e.Message}", e);
        }
    }

    private static bool IsVisible(string path) => !Path.GetFileName(path).StartsWith('.');
}
