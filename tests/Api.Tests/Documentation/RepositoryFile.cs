namespace Api.Tests.Documentation;

/// <summary>Files of the repository that tests make, or hold against the code.</summary>
internal static class RepositoryFile
{
    public static void HoldUpToDate(string file, string expected)
    {
        var path = Path.Combine(Root(), file);
        if (Environment.GetEnvironmentVariable("MHC_REGENERATE") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == expected,
            $"{file} is out of date: run the tests with MHC_REGENERATE=1 and commit it");
    }

    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MhcOperator.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not in the repository");
        }

        return folder.FullName;
    }
}
