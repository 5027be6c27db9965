using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Api.Tests.Packages;

/// <summary>
/// packages.lock.json beside each project against Directory.Packages.props. That they fit the projects is seen to by each restore.
/// </summary>
public sealed partial class LockFileTests
{
    private static readonly string Root = Repository.Root;

    public static TheoryData<string> Projects =>
        [.. Project().Matches(File.ReadAllText(Path.Combine(Root, "MhcOperator.sln"))).Select(match => match.Value.Replace('\\', '/'))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_is_locked_to_the_versions_of_the_one_table(string project)
    {
        var table = XDocument.Load(Path.Combine(Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => (string)package.Attribute("Include")!, package => (string)package.Attribute("Version")!,
                StringComparer.Ordinal);

        var named = Locked(project).Where(package => package.Requested is not null).ToList();

        Assert.NotEmpty(named);
        Assert.All(
            named, package => Assert.Equal(($"[{table[package.Name]}, )", table[package.Name]), (package.Requested, package.Version)));
    }

    [Fact]
    public void All_projects_take_the_same_of_a_package()
    {
        var packages = Projects.SelectMany(project => Locked(project.Data))
            .GroupBy(package => package.Name, StringComparer.OrdinalIgnoreCase);

        Assert.All(packages, package => Assert.Single(package.Select(locked => (locked.Version, locked.Hash)).Distinct()));
    }

    [Fact]
    public void Nothing_that_comes_with_the_SDK_is_locked_since_another_SDK_brings_another_version() =>
        Assert.DoesNotContain(Projects.SelectMany(project => Locked(project.Data)), package => OfTheSdk().IsMatch(package.Name));

    private static IEnumerable<LockedPackage> Locked(string project)
    {
        var file = Path.Combine(Root, Path.GetDirectoryName(project)!, "packages.lock.json");
        Assert.True(File.Exists(file), $"{file} is missing: run make lock");
        return from framework in JsonNode.Parse(File.ReadAllText(file))!["dependencies"]!.AsObject()
               from package in framework.Value!.AsObject()
               where (string)package.Value!["type"]! != "Project"
               select new LockedPackage(package.Key, (string?)package.Value["requested"], (string)package.Value["resolved"]!,
               (string)package.Value["contentHash"]!);
    }

    private sealed record LockedPackage(string Name, string? Requested, string Version, string Hash);

    [GeneratedRegex("(?<=\")[^\"]+\\.csproj(?=\")", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Project();

    [GeneratedRegex(@"ILCompiler|Crossgen|^Microsoft\.(NETCore|AspNetCore)\.App", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex OfTheSdk();
}
