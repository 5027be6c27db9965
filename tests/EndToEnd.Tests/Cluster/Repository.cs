namespace EndToEnd.Tests.Cluster;

/// <summary>Files of this repository, found from the folder that the tests run in.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot();

    /// <summary>Configuration that the tests were built in; the programs under test are taken from the same.</summary>
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Parent!.Parent!.Name;

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>A program that the solution builds.</summary>
    public static string ProgramOf(string project, string name) => PathOf($"src/{project}/bin/{Configuration}/net10.0/linux-x64/{name}");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MhcOperator.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no MhcOperator.sln above {AppContext.BaseDirectory}");
    }
}
