using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Vectors;

/// <summary>All vector files of a folder.</summary>
internal static class VectorSuite
{
    /// <summary>Paths of the folder's <c>*.json</c>, sorted by name.</summary>
    /// <exception cref="InvalidDataException">There is no such folder, or nothing in it.</exception>
    public static IReadOnlyList<string> Files(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidDataException($"{folder}: there is no such folder.");
        }

        string[] files = [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new InvalidDataException($"{folder}: holds no vector files (*.json).");
    }

    /// <summary>
    /// Runs every file on every path. All files are read before the first is computed, so that a malformed one is found at once.
    /// </summary>
    /// <exception cref="InvalidDataException">A file is malformed.</exception>
    public static IEnumerable<VectorResult> Run(string folder, IReadOnlyList<KernelKind> paths)
    {
        List<IVectorCase> cases = [.. Files(folder).Select(VectorFile.Load)];
        return cases.SelectMany(vectors => paths.SelectMany(path => vectors.Check(path)));
    }
}
