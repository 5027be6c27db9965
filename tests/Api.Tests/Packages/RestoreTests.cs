using System.Text.RegularExpressions;

namespace Api.Tests.Packages;

/// <summary>Restores by <c>eng/packages.sh</c>, of what is in NuGet's folder already: no source of packages is set up.</summary>
public sealed partial class RestoreTests
{
    private const string NoSource = "<configuration><packageSources><clear /></packageSources></configuration>";

    [Fact]
    public async Task Another_version_than_the_locked_one_is_refused_by_name_with_what_to_do()
    {
        using var project = new ProjectCopy();
        project.Change("Directory.Packages.props", "\"YamlDotNet\" Version=\"", "\"YamlDotNet\" Version=\"1");

        var answer = await PackagesScript.RunAsync("", "restore", project.Path, "--configfile", project.Add("nuget.config", NoSource));

        Assert.Equal(1, answer.ExitCode);
        Assert.Contains("NU1004: The package reference YamlDotNet version has changed", answer.Said, StringComparison.Ordinal);
        Assert.EndsWith("run make lock, and look at what it changes\n", answer.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_of_another_content_is_refused_by_name()
    {
        using var project = new ProjectCopy();
        var hash = YamlDotNetHash().Match(File.ReadAllText(Path.Combine(Repository.Root, "src", "Api", "packages.lock.json"))).Value;
        project.Change("src/Api/packages.lock.json", hash, Convert.ToBase64String(new byte[64]));

        var answer = await PackagesScript.RunAsync("", "restore", project.Path, "--configfile", project.Add("nuget.config", NoSource));

        Assert.Equal(1, answer.ExitCode);
        Assert.Contains("NU1403: Package content hash validation failed for YamlDotNet", answer.Said, StringComparison.Ordinal);
        Assert.EndsWith("do not use it before you know why\n", answer.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_known_vulnerability_fails_the_restore()
    {
        using var source = new AdvisorySource(
            """{"fractions":[{"severity":0,"url":"https://example.org/advisories/1","versions":"(, 100.0.0)"}]}""");
        using var project = new ProjectCopy();

        var answer = await PackagesScript.RunAsync("", "restore", project.Path, "--configfile",
            project.Add("nuget.config", source.Configuration));

        Assert.Equal(1, answer.ExitCode);
        Assert.Contains("error NU1901: Warning As Error: Package 'Fractions'", answer.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Fractions/8.0.0", "same", "Fractions/8.0.0 same\n")]
    [InlineData("Fractions/8.3.2", "other", "Fractions/8.3.2 other\n")]
    [InlineData("Newcomer/1.0.0", "same", "Newcomer/1.0.0 same\n")]
    [InlineData("Fractions/8.3.2", "same", null)]
    [InlineData("Microsoft.DotNet.ILCompiler/10.0.1", "any", null)]
    [InlineData("runtime.linux-x64.Microsoft.DotNet.ILCompiler/10.0.1", "any", null)]
    public async Task What_is_compiled_to_native_code_is_held_against_the_lock_but_for_the_compiler_itself(string package, string hash,
        string? expected)
    {
        using var project = new ProjectCopy();
        var locked = project.Add("packages.lock.json",
            """{"dependencies":{"net10.0":{"Fractions":{"type":"Transitive","resolved":"8.3.2","contentHash":"same"}}}}""");
        var restored = project.Add("project.assets.json",
            $$"""{"libraries":{"{{package}}":{"type":"package","sha512":"{{hash}}"},"Own/1.0.0":{"type":"project"} } }""");

        var answer = await PackagesScript.RunAsync("", "compare", locked, restored);

        Assert.Equal(
            (expected is null ? 0 : 1, expected is null ? "" : $"packages.sh: what was restored is not what {locked} says:\n{expected}"),
            (answer.ExitCode, answer.Said));
    }

    [GeneratedRegex("(?<=\"YamlDotNet\": \\{[^}]*\"contentHash\": \")[^\"]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex YamlDotNetHash();
}
