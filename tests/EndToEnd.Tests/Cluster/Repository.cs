using Api.Tests.Documentation;

namespace EndToEnd.Tests.Cluster;

/// <summary>Files of this repository, found from the folder that the tests run in.</summary>
internal static class Repository
{
    /// <summary>Configuration that the tests were built in; the programs under test are taken from the same.</summary>
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Parent!.Parent!.Name;

    public static string PathOf(string relative) => Path.Combine(RepositoryFile.Root(), relative);

    /// <summary>A program that the solution builds.</summary>
    public static string ProgramOf(string project, string name) => PathOf($"src/{project}/bin/{Configuration}/net10.0/linux-x64/{name}");
}
