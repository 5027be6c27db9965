using Images.Tests.Support;

namespace Images.Tests;

/// <summary>The images' programs, in a root of the images' files that cannot be written to, with an empty /tmp, as user 65532.</summary>
public sealed class RunningTests
{
    [Fact]
    public void The_operator_starts_with_nothing_but_tmp_to_write_to()
    {
        using var root = new ReadOnlyRoot("mhc-operator");

        var (code, output, error) = root.Run("/usr/bin/mhc-operator", "--version");

        Assert.Equal((0, Repository.Version), (code, output.Split('+')[0].Trim()));
        Assert.Empty(error);
    }

    [Fact]
    public void The_debug_image_lets_one_look_around()
    {
        using var root = new ReadOnlyRoot("mhc-operator-debug");

        Assert.Equal((0, "uid=65532(mhc) gid=65532(mhc)\n", ""), root.Run("/bin/sh", "-c", "id"));
        Assert.Equal((1, "", "/bin/sh: can't create /x: Read-only file system\n"), root.Run("/bin/sh", "-c", "echo 1 > /x"));
        Assert.Equal((0, "1\n", ""), root.Run("/bin/sh", "-c", "echo 1 > /tmp/x; cat /tmp/x"));
    }

    [Fact]
    public void The_trainer_loads_libtorch_and_its_own_libraries_and_computes()
    {
        using var root = new ReadOnlyRoot("mhc-trainer");

        var (code, output, error) =
            root.Run("/opt/mhc/mhc-trainer", "bench-loss", "--rounds", "1", "--vocabulary", "64", "--tokens", "32", "--channels", "16");

        Assert.True(code == 0, error + output);
    }
}
