namespace MhcOperator.Testing;

/// <summary>A folder that is gone after the test.</summary>
/// <param name="parent">Where; null: where temporary files are.</param>
public sealed class TemporaryFolder(string? parent = null) : IDisposable
{
    public string Path { get; } = parent is null
        ? Directory.CreateTempSubdirectory("mhc-test-").FullName
        : Directory.CreateDirectory(System.IO.Path.Combine(parent, $"mhc-test-{Guid.NewGuid():N}")).FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, ReadOnlySpan<byte> content)
    {
        var path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        // A process that reads it at this moment reads all of it, the old or the new.
        System.IO.File.WriteAllBytes($"{path}.new", content);
        System.IO.File.Move($"{path}.new", path, overwrite: true);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
