namespace Api.Tests.Packages;

/// <summary>What a restore reads of src/Api, in a folder of its own.</summary>
internal sealed class ProjectCopy : IDisposable
{
    private static readonly string[] Read =
    [
        "Directory.Build.props", "Directory.Packages.props", "VERSION", "global.json", "src/Api/MhcOperator.Api.csproj",
        "src/Api/packages.lock.json",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-project-").FullName;

    public ProjectCopy()
    {
        foreach (var file in Read)
        {
            var copy = System.IO.Path.Combine(_folder, file);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(Repository.PathOf(file), copy);
        }
    }

    public string Path => System.IO.Path.Combine(_folder, "src", "Api");

    /// <summary>Puts a file there, of the name that it gives back.</summary>
    public string Add(string name, string content)
    {
        var path = System.IO.Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    public void Change(string file, string from, string to)
    {
        var path = System.IO.Path.Combine(_folder, file);
        var content = File.ReadAllText(path);
        Assert.Contains(from, content, StringComparison.Ordinal);
        File.WriteAllText(path, content.Replace(from, to, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
