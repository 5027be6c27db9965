namespace MhcOperator.Testing;

/// <summary>The repository that the tests were built from.</summary>
public static class Repository
{
    /// <summary>Configuration that the tests were built in; the programs under test are taken from the same.</summary>
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Parent!.Parent!.Name;

    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>Of all that is made.</summary>
    public static string Version => File.ReadAllText(PathOf("VERSION")).Trim();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>A program that the solution builds.</summary>
    /// <param name="project">Its folder below src.</param>
    /// <param name="name">Of the program.</param>
    public static string ProgramOf(string project, string name) => PathOf($"src/{project}/bin/{Configuration}/net10.0/linux-x64/{name}");

    /// <summary>A file that is made from the code is as the code makes it; with MHC_REGENERATE=1 it is written first.</summary>
    public static void HoldUpToDate(string file, string expected)
    {
        var path = PathOf(file);
        if (Environment.GetEnvironmentVariable("MHC_REGENERATE") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == expected,
            $"{file} is out of date: run the tests with MHC_REGENERATE=1 and commit it");
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MhcOperator.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"no MhcOperator.sln above {AppContext.BaseDirectory}");
        }

        return folder.FullName;
    }
}
