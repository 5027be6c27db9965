using Images.Tests.Support;

namespace Images.Tests;

public sealed class ReproducibilityTests
{
    private static string LayerCache => Environment.GetEnvironmentVariable("MHC_IMAGE_CACHE")
        ?? Path.Combine(Environment.GetEnvironmentVariable("HOME")!, ".cache/mhc-operator/image-layers");

    // All layers anew but the two large ones, of which all the time would be the compression; ImageTests looks at what is in those.
    [Fact]
    public void The_same_sources_give_the_same_files_in_another_folder()
    {
        using var again = new TemporaryFolder();
        using var layers = new TemporaryFolder();
        string[] large = [.. Directory.EnumerateFiles(LayerCache, "runtime-*"), .. Directory.EnumerateFiles(LayerCache, "torch-*")];
        Array.ForEach(large, file => File.CreateSymbolicLink(layers.File(Path.GetFileName(file)), file));

        Programs.Run("eng/images.sh", [], ("MHC_IMAGES", again.Path), ("MHC_IMAGE_CACHE", layers.Path));

        Assert.Equal(File.ReadAllText(Repository.PathOf("artifacts/images/digests.txt")), File.ReadAllText(again.File("digests.txt")));
        Assert.All(
            Directory.EnumerateFiles(again.Path, "mhc-*"),
            file => Assert.True(
                File.ReadAllBytes(file).AsSpan()
                    .SequenceEqual(File.ReadAllBytes(Repository.PathOf($"artifacts/images/{Path.GetFileName(file)}"))), file));
    }

    [Fact]
    public void The_time_in_the_labels_is_the_one_that_is_asked_for()
    {
        using var folder = new TemporaryFolder();

        Programs.Run("eng/images.sh", ["mhc-operator"], ("MHC_IMAGES", folder.Path), ("SOURCE_DATE_EPOCH", "1700000000"));

        var archive = folder.File($"mhc-operator-{Repository.Version}.oci.tar");
        var configurations = Programs.Run("bash",
            ["-c", "tar -xOf \"$1\" manifest.json | jq -r '.[0].Config' | xargs tar -xOf \"$1\" | jq -r .created", "-", archive]);
        Assert.Equal("2023-11-14T22:13:20Z\n", configurations);
    }

    [Fact]
    public void A_build_leaves_the_kept_layers_as_they_are_since_another_may_be_reading_them()
    {
        using var folder = new TemporaryFolder();
        string[] layers = [.. new[] { "base", "operator" }.SelectMany(kind => Directory.EnumerateFiles(LayerCache, $"{kind}-*.tar.gz"))];
        Assert.NotEmpty(layers);
        var before = Programs.Run("stat", ["--format", "%n %h %z", .. layers]);

        Programs.Run("eng/images.sh", ["mhc-operator"], ("MHC_IMAGES", folder.Path));

        Assert.Equal(before, Programs.Run("stat", ["--format", "%n %h %z", .. layers]));
    }

    [Fact]
    public void A_word_that_names_no_image_is_refused()
    {
        var (code, _, error) = Programs.Try("eng/images.sh", ["mhc-trainr"]);

        Assert.Equal((2, "images.sh: 'mhc-trainr' was given; mhc-operator, mhc-operator-debug or mhc-trainer was expected\n"),
            (code, error));
    }
}
