using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Images.Tests.Support;

namespace Images.Tests;

/// <summary>
/// SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/) and CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/) beside each image.
/// </summary>
public sealed partial class BillOfMaterialsTests
{
    public static TheoryData<string> All => ImageTests.All;

    [Theory]
    [MemberData(nameof(All))]
    public void Every_file_of_the_image_belongs_to_one_component(string name)
    {
        var (image, spdx) = (ImageArchive.Of(name), Read(name, "spdx"));
        var expected = image.Files.Where(file => file.Value.Target is null).Select(file => $"{file.Key} {file.Value.Sum}").ToList();

        var files = spdx["files"]!.AsArray().ToDictionary(file => (string)file!["SPDXID"]!, file => file!, StringComparer.Ordinal);
        Assert.Equal(
            expected, files.Values.Select(file => $"{((string)file["fileName"]!)[2..]} {Sum(file)}").Order(StringComparer.Ordinal));

        var contained = spdx["relationships"]!.AsArray()
            .Where(
                relation => (string)relation!["relationshipType"]! == "CONTAINS"
                    && files.ContainsKey((string)relation["relatedSpdxElement"]!))
            .Select(relation => (string)relation!["relatedSpdxElement"]!);
        Assert.Equal(files.Keys.Order(StringComparer.Ordinal), contained.Order(StringComparer.Ordinal));

        var occurrences = Read(name, "cdx")["components"]!.AsArray()
            .SelectMany(component => component!["evidence"]?["occurrences"]?.AsArray() ?? []);
        Assert.Equal(expected.Select(file => $"/{file.Split(' ')[0]}"),
            occurrences.Select(place => (string)place!["location"]!).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_component_has_a_version_a_licence_and_a_package_address(string name)
    {
        var bundled = new[] { "libgomp", "oneMKL", "oneDNN" }; // whose versions libtorch does not say
        Assert.All(
            Read(name, "spdx")["packages"]!.AsArray().Skip(1),
            package =>
            {
                var called = (string)package!["name"]!;
                Assert.True(package["versionInfo"] is not null || bundled.Contains(called, StringComparer.Ordinal), called);
                Assert.False((string)package["licenseDeclared"]! == "NOASSERTION", $"{called}: add its licence to eng/images/licences.tsv");
                Assert.Matches("^pkg:(deb/[a-z]+|nuget|generic)/[^ ]+$", (string)package["externalRefs"]![0]!["referenceLocator"]!);
            });
    }

    [Theory]
    [InlineData("mhc-operator",
        "mhc-operator libc6 libssl3* ca-certificates YamlDotNet KubernetesClient.Aot prometheus-net Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64")]
    [InlineData("mhc-operator-debug", "mhc-operator busybox-static")]
    [InlineData("mhc-trainer",
        "mhc-operator libc6 libgloo0 libstdc++6 busybox-static TorchSharp libtorch-cpu-linux-x64 libgomp oneMKL oneDNN Microsoft.NETCore.App.Runtime.linux-x64")]
    public void What_is_known_to_be_inside_is_listed(string name, string expected)
    {
        var listed = Read(name, "cdx")["components"]!.AsArray().Select(component => (string)component!["name"]!).ToList();

        Assert.All(expected.Split(' '),
            part => Assert.Contains(listed,
                found => part.EndsWith('*') ? found.StartsWith(part[..^1], StringComparison.Ordinal) : found == part));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_spdx_document_has_the_shape_of_the_specification(string name)
    {
        var (image, spdx) = (ImageArchive.Of(name), Read(name, "spdx"));

        Assert.Equal(("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"),
            ((string)spdx["spdxVersion"]!, (string)spdx["dataLicense"]!, (string)spdx["SPDXID"]!));
        Assert.Equal((string)image.Configuration["created"]!, (string)spdx["creationInfo"]!["created"]!);
        Assert.All(spdx["creationInfo"]!["creators"]!.AsArray(),
            creator => Assert.Matches("^(Person|Organization|Tool): .+", (string)creator!));
        Assert.True(Uri.IsWellFormedUriString((string)spdx["documentNamespace"]!, UriKind.Absolute));
        var (packages, files) = (spdx["packages"]!.AsArray(), spdx["files"]!.AsArray());
        Assert.All(packages, package =>
        {
            Assert.All(["SPDXID", "name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText", "supplier"],
                key => Assert.NotEmpty((string)package![key]!));
            Assert.Matches("^(NOASSERTION|(Person|Organization): .+)$", (string)package!["supplier"]!);
            Assert.Equal((bool)package["filesAnalyzed"]!, package["packageVerificationCode"] is not null);
            Assert.All(package["externalRefs"]!.AsArray(),
                reference => Assert.Equal(("PACKAGE-MANAGER", "purl"),
                    ((string)reference!["referenceCategory"]!, (string)reference["referenceType"]!)));
        });
        Assert.All(
            files, file => Assert.Equal(["SHA1", "SHA256"], file!["checksums"]!.AsArray().Select(sum => (string)sum!["algorithm"]!)));
        var identifiers = packages.Concat(files).Select(element => (string)element!["SPDXID"]!).Append("SPDXRef-DOCUMENT").ToList();
        Assert.All(identifiers, identifier => Assert.Matches(@"^SPDXRef-[A-Za-z0-9.-]+$", identifier));
        Assert.Equal(identifiers.Count, identifiers.Distinct(StringComparer.Ordinal).Count());
        Assert.All(spdx["relationships"]!.AsArray(), relation =>
        {
            Assert.Contains((string)relation!["relationshipType"]!, (string[])["DESCRIBES", "CONTAINS", "STATIC_LINK"]);
            Assert.Contains((string)relation["spdxElementId"]!, identifiers);
            Assert.Contains((string)relation["relatedSpdxElement"]!, identifiers);
        });
        var defined = (spdx["hasExtractedLicensingInfos"]?.AsArray() ?? []).Select(licence => (string)licence!["licenseId"]!);
        Assert.Equal(
            packages.SelectMany(package => LicenceReference().Matches((string)package!["licenseDeclared"]!)).Select(match => match.Value)
                .Distinct(StringComparer.Ordinal), defined);
        Assert.Equal(image.Digest, $"sha256:{(string)packages[0]!["checksums"]![0]!["checksumValue"]!}");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_cyclonedx_document_has_the_shape_of_the_specification(string name)
    {
        var (image, bill) = (ImageArchive.Of(name), Read(name, "cdx"));

        Assert.Equal(("CycloneDX", "1.5", 1), ((string)bill["bomFormat"]!, (string)bill["specVersion"]!, (int)bill["version"]!));
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", (string)bill["serialNumber"]!);
        var whole = bill["metadata"]!["component"]!;
        Assert.Equal(("container", image.Name, image.Tag), ((string)whole["type"]!, (string)whole["name"]!, (string)whole["version"]!));
        Assert.Equal(image.Digest, $"sha256:{(string)whole["hashes"]![0]!["content"]!}");
        var components = bill["components"]!.AsArray();
        Assert.All(components, component =>
        {
            Assert.Contains((string)component!["type"]!, (string[])["application", "framework", "library"]);
            Assert.NotEmpty((string)component["name"]!);
            var licence = Assert.Single(component["licenses"]!.AsArray())!.AsObject();
            Assert.True(licence.ContainsKey("expression") ^ licence.ContainsKey("license"));
        });
        var references = components.Select(component => (string)component!["bom-ref"]!).Append((string)whole["bom-ref"]!).ToList();
        Assert.Equal(references.Count, references.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(references.Order(StringComparer.Ordinal),
            bill["dependencies"]!.AsArray().Select(dependency => (string)dependency!["ref"]!).Order(StringComparer.Ordinal));
        Assert.All(bill["dependencies"]!.AsArray().SelectMany(dependency => dependency!["dependsOn"]?.AsArray() ?? []),
            reference => Assert.Contains((string)reference!, references));
    }

    private static string Sum(JsonNode file) =>
        (string)file["checksums"]!.AsArray().Single(sum => (string)sum!["algorithm"]! == "SHA256")!["checksumValue"]!;

    private static JsonNode Read(string name, string kind) =>
        JsonNode.Parse(File.ReadAllText(ImageArchive.Of(name).Path.Replace(".oci.tar", $".{kind}.json", StringComparison.Ordinal)))!;

    [GeneratedRegex(@"LicenseRef-[\w.-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LicenceReference();
}
