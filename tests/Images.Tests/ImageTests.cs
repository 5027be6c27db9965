using System.Globalization;
using System.Security.Cryptography;
using Images.Tests.Support;

namespace Images.Tests;

public sealed class ImageTests
{
    public static TheoryData<string> All => ["mhc-operator", "mhc-operator-debug", "mhc-trainer"];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_part_of_an_archive_is_named_by_its_digest(string name)
    {
        var image = ImageArchive.Of(name);

        Assert.All(image.Blobs, blob => Assert.Equal(blob.Key, $"blobs/sha256/{Convert.ToHexStringLower(SHA256.HashData(blob.Value))}"));
        Assert.Equal(image.DiffIds, image.Configuration["rootfs"]!["diff_ids"]!.AsArray().Select(id => (string)id!));
        Assert.All(
            [image.Index["manifests"]![0]!, image.Manifest["config"]!, .. image.Manifest["layers"]!.AsArray()],
            part => Assert.Equal((int)part!["size"]!, image.Blobs[ImageArchive.BlobPath((string)part["digest"]!)].Length));
        Assert.Equal("1.0.0", (string)image.Layout["imageLayoutVersion"]!);
        Assert.Equal(2 + image.LayerDigests.Count, image.Blobs.Count);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Docker_finds_the_same_image_in_it(string name)
    {
        var image = ImageArchive.Of(name);

        var docker = Assert.Single(image.Docker!.AsArray())!;

        Assert.Equal(ImageArchive.BlobPath((string)image.Manifest["config"]!["digest"]!), (string)docker["Config"]!);
        Assert.Equal(image.LayerDigests.Select(ImageArchive.BlobPath), docker["Layers"]!.AsArray().Select(layer => (string)layer!));
        Assert.Equal($"{image.Name}:{image.Tag}", (string)docker["RepoTags"]![0]!);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_list_of_digests_has_its_manifest_and_its_sizes(string name)
    {
        var image = ImageArchive.Of(name);

        var line = File.ReadLines(Repository.PathOf("artifacts/images/digests.txt"))
            .Single(line => line.StartsWith($"{image.Name} {image.Tag} ", StringComparison.Ordinal));

        var compressed = image.LayerDigests.Sum(digest => (long)image.Blobs[ImageArchive.BlobPath(digest)].Length);
        var flat = image.Layers.Sum(layer => layer.Sum(entry => entry.Length));
        var said = line.Split(' ');
        Assert.Equal([image.Name, image.Tag, image.Digest, $"{compressed}", $"{flat}"], said);
        Assert.Equal($"{image.Name}@{image.Digest}\n", Programs.Run("eng/images.sh", ["--reference", name]));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void It_runs_as_a_user_without_rights_and_says_what_it_is(string name)
    {
        var image = ImageArchive.Of(name);

        var configuration = image.Configuration["config"]!;

        Assert.Equal(("65532:65532", "/tmp"), ((string)configuration["User"]!, (string)configuration["WorkingDir"]!));
        var labels = configuration["Labels"]!.AsObject()
            .ToDictionary(label => label.Key["org.opencontainers.image.".Length..], label => (string)label.Value!, StringComparer.Ordinal);
        Assert.Equal((image.Name, image.Tag.Replace("-debug", "", StringComparison.Ordinal), "Apache-2.0"),
            (labels["title"], labels["version"], labels["licenses"]));
        Assert.NotEmpty(labels["description"]);
        Assert.Equal((string)image.Configuration["created"]!, labels["created"]);
        Assert.True(DateTime.TryParse(labels["created"], CultureInfo.InvariantCulture, out _));
        var entrypoint = (string)configuration["Entrypoint"]![0]!;
        Assert.True((image.Files[entrypoint.TrimStart('/')].Mode & UnixFileMode.OtherExecute) != UnixFileMode.None);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_revision_is_the_commit_and_says_where_the_sources_differ_from_it(string name)
    {
        var (code, commit, _) = Programs.Try("git", ["rev-parse", "HEAD"]);
        Assert.SkipUnless(code == 0, "these are not the files of a git repository");

        Assert.Matches("^[0-9a-f]{40}(-dirty)?$",
            (string)ImageArchive.Of(name).Configuration["config"]!["Labels"]!["org.opencontainers.image.revision"]!);
        Assert.NotEmpty(commit);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Nothing_in_its_layers_depends_on_when_where_or_by_whom_it_was_made(string name)
    {
        var image = ImageArchive.Of(name);

        foreach (var (digest, entries) in image.LayerDigests.Zip(image.Layers))
        {
            // Folder by folder, so that a slash comes before all else.
            var names = entries.Select(entry => entry.Name.TrimEnd('/').Replace('/', '\0')).ToList();
            Assert.Equal(names.Order(StringComparer.Ordinal), names);
            Assert.All(entries, entry => Assert.Equal((DateTimeOffset.UnixEpoch, 0, 0), (entry.ModificationTime, entry.Uid, entry.Gid)));
            Assert.All(entries, entry => Assert.Equal(UnixFileMode.None, entry.Mode & (UnixFileMode.SetUser | UnixFileMode.SetGroup)));
            Assert.All(
                entries.Where(entry => entry.Name != "./tmp/"),
                entry => Assert.True(
                    entry.LinkName.Length > 0 || (entry.Mode & (UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)) == UnixFileMode.None,
                    $"{entry.Name} can be written to"));
            // RFC 1952: no name (FLG 0) and no time (MTIME 0).
            Assert.Equal(new byte[7], image.Blobs[ImageArchive.BlobPath(digest)][3..8].Append((byte)0).Append((byte)0));
        }
    }

    [Fact]
    public void The_operator_has_neither_a_shell_nor_dotnet_and_takes_less_than_45_MB()
    {
        var image = ImageArchive.Of("mhc-operator");

        Assert.Equal(["usr/bin/mhc-operator"], image.Files.Keys.Where(path => path.StartsWith("usr/bin/", StringComparison.Ordinal)));
        Assert.DoesNotContain(image.Files.Keys,
            path => path.EndsWith(".dll", StringComparison.Ordinal) || path.Contains("busybox", StringComparison.Ordinal));
        Assert.InRange(image.Files.Values.Sum(file => file.Length), 1, 45_000_000);
    }

    [Fact]
    public void The_debug_image_is_the_operators_with_a_shell_over_it()
    {
        var (plain, debug) = (ImageArchive.Of("mhc-operator"), ImageArchive.Of("mhc-operator-debug"));

        Assert.Equal(plain.LayerDigests, debug.LayerDigests.SkipLast(1));
        Assert.Equal("busybox", debug.Files["usr/bin/sh"].Target);
    }

    [Fact]
    public void The_trainer_has_a_shell_for_stack_dumps_and_shares_the_lowest_layer_with_the_operator()
    {
        var trainer = ImageArchive.Of("mhc-trainer");

        Assert.Equal(("busybox", "busybox"), (trainer.Files["usr/bin/sh"].Target, trainer.Files["usr/bin/kill"].Target));
        Assert.Equal(ImageArchive.Of("mhc-operator").LayerDigests[0], trainer.LayerDigests[0]);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Names_and_roots_of_trust_are_there(string name)
    {
        var files = ImageArchive.Of(name).Files;

        Assert.All(
            ["etc/passwd", "etc/group", "etc/nsswitch.conf", "etc/ssl/certs/ca-certificates.crt", "usr/lib/x86_64-linux-gnu/libssl.so.3"],
            path => Assert.True(files.ContainsKey(path)));
        Assert.Equal("/etc/ssl/certs/ca-certificates.crt", files["usr/lib/ssl/cert.pem"].Target);
    }
}
