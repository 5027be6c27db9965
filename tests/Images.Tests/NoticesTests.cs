using System.Text.Json.Nodes;
using Images.Tests.Support;

namespace Images.Tests;

public sealed class NoticesTests
{
    [Fact]
    public void The_third_party_notices_are_those_of_what_is_in_the_images()
    {
        Assert.SkipUnless(
            File.ReadLines("/etc/os-release").Contains("VERSION_CODENAME=bookworm", StringComparer.Ordinal),
            "the notices name the libraries of Debian 12; this is another system");
        var expected = Programs.Run("eng/images.sh", ["--notices"]);

        var path = Repository.PathOf("THIRD-PARTY-NOTICES.md");
        if (Environment.GetEnvironmentVariable("MHC_REGENERATE") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(File.ReadAllText(path) == expected,
            "THIRD-PARTY-NOTICES.md is out of date: run the tests with MHC_REGENERATE=1 and commit it");
    }

    [Theory]
    [InlineData("mhc-operator")]
    [InlineData("mhc-trainer")]
    public void The_licence_of_everything_that_is_shipped_is_in_the_image(string name)
    {
        var image = ImageArchive.Of(name);

        Assert.All(["licenses/LICENSE", "licenses/THIRD-PARTY-NOTICES.md"], path => Assert.True(image.Files.ContainsKey(path), path));
        Assert.Contains(image.Files.Keys,
            path => path is "licenses/dotnet/ThirdPartyNotices.txt" or "usr/share/dotnet/ThirdPartyNotices.txt");
        var bill = JsonNode.Parse(File.ReadAllText(image.Path.Replace(".oci.tar", ".cdx.json", StringComparison.Ordinal)))!;
        Assert.All(
            bill["components"]!.AsArray().Where(component => ((string)component!["purl"]!).StartsWith("pkg:deb/", StringComparison.Ordinal))
                .Select(component => (string)component!["name"]!),
            package => Assert.True(package == "base-files" || image.Files.ContainsKey($"usr/share/doc/{package}/copyright"), package));
        var notices = File.ReadAllText(Repository.PathOf("THIRD-PARTY-NOTICES.md"));
        Assert.All(
            bill["components"]!.AsArray().Select(component => (string)component!["name"]!),
            component => Assert.True(component == "mhc-operator" || notices.Contains($"| {component} |", StringComparison.Ordinal),
                component));
    }
}
