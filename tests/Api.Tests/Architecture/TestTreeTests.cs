namespace Api.Tests.Architecture;

public sealed class TestTreeTests
{
    [Theory]
    [InlineData("Api")]
    [InlineData("Cli")]
    [InlineData("Operator")]
    [InlineData("Trainer")]
    public void The_tests_of_a_type_stand_in_the_folder_of_its_name(string project)
    {
        var folders = SourceFile.Below($"src/{project}")
            .ToLookup(file => $"{Path.GetFileNameWithoutExtension(file.Path)}Tests.cs", file => Path.GetDirectoryName(file.Path));
        var tests = SourceFile.Below($"tests/{project}.Tests").Where(file => folders.Contains(Path.GetFileName(file.Path))).ToList();

        Assert.NotEmpty(tests);
        Assert.All(tests, file => Assert.Contains(Path.GetDirectoryName(file.Path), folders[Path.GetFileName(file.Path)]));
    }
}
