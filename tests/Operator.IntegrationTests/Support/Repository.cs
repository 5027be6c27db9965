namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>The repository that the tests were built from.</summary>
internal static class Repository
{
    public static string PathOf(string relative)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MhcOperator.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(
            folder?.FullName ?? throw new DirectoryNotFoundException($"no MhcOperator.sln above {AppContext.BaseDirectory}"), relative);
    }
}
