using System.Text.RegularExpressions;

namespace Api.Tests.Packages;

/// <summary>docs/release.md, "What a build fetches", against the scripts that fetch.</summary>
public sealed partial class FetchedTests
{
    private static readonly string Root = Repository.Root;

    public static TheoryData<string> Scripts => [.. new[] { "eng", "bench" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.sh", SearchOption.AllDirectories))
        .Where(file => Fetches().IsMatch(File.ReadAllText(file)))
        .Select(file => Path.GetRelativePath(Root, file)).Except(["eng/own-apt.sh"]).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_that_fetches_something_is_in_the_table_of_what_a_build_fetches(string script) =>
        Assert.Contains(File.ReadLines(Path.Combine(Root, "docs", "release.md")),
            line => line.StartsWith("| ", StringComparison.Ordinal) && line.Contains($"`{script}`", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Scripts))]
    public void What_is_fetched_from_elsewhere_than_Debian_has_a_version_and_a_hash(string script)
    {
        var text = File.ReadAllText(Path.Combine(Root, script));

        Assert.DoesNotMatch(
            @"\b(pip3? install|wget (-|http)|go get|go install|npm (install|ci|i) |npx |cargo install|dotnet tool install)", text);
        Assert.All(NpmPackage().Matches(text), package => Assert.Matches(@"@\d+\.\d+\.\d+$", package.Value));
        Assert.True(!text.Contains("npm pack", StringComparison.Ordinal) || text.Contains("sha256sum --check", StringComparison.Ordinal),
            $"{script} checks no hash");
    }

    [GeneratedRegex(
        @"\b(npm pack|npx|pip3? install|wget -|wget http|own_apt (install|download|source)|unpack_debian|keep_debian|debootstrap --|apt-get install|apt=\(apt-get|dotnet restore|go (get|install))",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fetches();

    [GeneratedRegex(@"(?<=^\s+package=)\S+$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NpmPackage();
}
