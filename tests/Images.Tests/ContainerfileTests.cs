using Images.Tests.Support;

namespace Images.Tests;

/// <summary>
/// The images that real buildah makes by images/Containerfile.*, with this machine in the place of the SDK's image and our own lower layers
/// in that of the runtime's, since no registry is needed for that.
/// </summary>
public sealed class ContainerfileTests
{
    [Fact]
    public void The_operators_gives_the_files_of_our_own_image()
    {
        using var builder = new Builder();

        var built = builder.Build("mhc-operator", runtimeLayers: 1);

        Compare(ImageArchive.Of("mhc-operator"), built);
    }

    [Fact]
    public void The_trainers_gives_the_files_of_our_own_image()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("MHC_CONTAINERFILES") == "all",
            "it compiles everything anew, which takes minutes; MHC_CONTAINERFILES=all asks for it");
        using var builder = new Builder();

        var built = builder.Build("mhc-trainer", runtimeLayers: 3);

        Compare(ImageArchive.Of("mhc-trainer"), built);
    }

    [Fact]
    public void An_engine_that_is_not_known_is_refused()
    {
        var (code, _, error) = Programs.Try("eng/images.sh", ["mhc-operator"], ("ENGINE", "kaniko"));

        Assert.Equal((1, "images.sh: ENGINE=kaniko was given; podman, docker or buildah was expected\n"), (code, error));
    }

    private static void Compare(ImageArchive ours, ImageArchive built)
    {
        Assert.Equal(ours.Files.Select(file => $"{file.Key} {file.Value.Sum}{file.Value.Target}"),
            built.Files.Select(file => $"{file.Key} {file.Value.Sum}{file.Value.Target}"));
        var (expected, configuration) = (ours.Configuration["config"]!, built.Configuration["config"]!);
        Assert.All(["User", "WorkingDir"], key => Assert.Equal((string)expected[key]!, (string)configuration[key]!));
        Assert.Equal(expected["Entrypoint"]!.ToJsonString(), configuration["Entrypoint"]!.ToJsonString());
        Assert.Equal(expected["Cmd"]?.ToJsonString(), configuration["Cmd"]?.ToJsonString());
        Assert.All(
            expected["Labels"]!.AsObject(), label => Assert.Equal((string)label.Value!, (string)configuration["Labels"]![label.Key]!));
    }

    private sealed class Builder : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly (string, string)[] _environment;

        public Builder()
        {
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "buildah changes its root, for which one must be root");
            var (code, programs, error) = Programs.Try("eng/buildah.sh", []);
            Assert.SkipUnless(code == 0, $"buildah is not to be had: {error}");
            _environment = [("PATH", $"{programs.Trim()}:{Environment.GetEnvironmentVariable("PATH")}"),
                ("BUILDAH_STORAGE", _folder.File("storage")), ("MHC_IMAGES", _folder.Path)];
            var (status, _, reason) = Programs.Try("env", ["buildah", "info"], _environment);
            Assert.SkipUnless(status == 0, $"buildah does not run here: {reason}");
        }

        private static string Home { get; } = Environment.GetEnvironmentVariable("HOME")!;

        /// <param name="image">Its name.</param>
        /// <param name="runtimeLayers">How many of our own image's layers stand in for the runtime's image.</param>
        public ImageArchive Build(string image, int runtimeLayers)
        {
            MakeStandIns(image, runtimeLayers);
            string[] places = ["/usr", "/etc", "/var/lib/dpkg", "/var/lib/apt"];
            string[] options =
            [
                "--build-arg SDK_IMAGE=localhost/sdk", "--build-arg RUNTIME_IMAGE=localhost/runtime",
                .. places.Select(place => $"--volume {place}:{place}:ro"), $"--volume {Home}:{Home}",
            ];
            Programs.Run("eng/images.sh", [image],
                [.. _environment, ("ENGINE", "buildah"), ("ENGINE_OPTIONS", string.Join(' ', options))]);
            return ImageArchive.In(_folder.Path, image);
        }

        public void Dispose()
        {
            // The storage may have mounts that belong to a namespace which has ended.
            Programs.Try("env", ["buildah", "rm", "--all"], _environment);
            _folder.Dispose();
        }

        private void MakeStandIns(string image, int runtimeLayers)
        {
            var ours = ImageArchive.Of(image);
            var layers = ours.LayerDigests.Take(runtimeLayers).Select(ImageArchive.BlobPath).ToList();
            Programs.Run(
                "bash",
                ["-c", """
                    set -e
                    mkdir -p "$1/sdk"/{usr,etc,var/lib/dpkg,var/lib/apt,tmp,proc,sys,dev,run,root} "$1/runtime"
                    ln -s usr/bin usr/sbin usr/lib usr/lib64 "$1/sdk/"
                    chmod 1777 "$1/sdk/tmp"
                    printf 'FROM scratch\nCOPY . /\nENV PATH=%s HOME=%s\n' "$PATH" "$HOME" > "$1/sdk.Containerfile"
                    tar -xf "$2" -C "$1/runtime" "${@:3}"
                    { echo 'FROM scratch'; printf 'ADD %s /\n' "${@:3}"; } > "$1/runtime.Containerfile"
                    for name in sdk runtime; do buildah build --quiet --file "$1/$name.Containerfile" --tag "localhost/$name" "$1/$name"; done
                    """, "-", _folder.Path, ours.Path, .. layers],
                _environment);
        }
    }
}
