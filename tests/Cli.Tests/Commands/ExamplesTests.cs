using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests.Commands;

public sealed class ExamplesTests
{
    public static TheoryData<string> Examples { get; } =
        [.. Directory.EnumerateFiles(Repository.PathOf("examples"),
        "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Every_example_is_valid(string name)
    {
        using var shell = new MhcShell();

        var result = await shell.RunAsync("validate", Path.Combine(Repository.Root, "examples", name));

        Assert.Equal("", result.Error);
        Assert.Contains("is valid", result.Output, StringComparison.Ordinal);
        Assert.Equal(CliExitCode.Ok, result.ExitCode);
    }
}
