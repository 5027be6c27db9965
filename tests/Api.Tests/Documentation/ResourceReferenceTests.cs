namespace Api.Tests.Documentation;

public sealed class ResourceReferenceTests
{
    [Fact]
    public void The_reference_is_the_one_that_the_definition_makes()
    {
        var path = Path.Combine(Root(), "docs", "resource.md");
        var expected = ResourceReference.Write();
        if (Environment.GetEnvironmentVariable("MHC_REGENERATE") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == expected, "docs/resource.md is out of date: run the tests with MHC_REGENERATE=1 and commit it");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MhcOperator.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not in the repository");
        }

        return folder.FullName;
    }
}
