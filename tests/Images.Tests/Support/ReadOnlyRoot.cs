namespace Images.Tests.Support;

/// <summary>
/// An image's files, and programs that run in them as its user, with its variables. Skips the test where that needs rights that it lacks.
/// </summary>
internal sealed class ReadOnlyRoot : IDisposable
{
    // The kernel's own file systems, as a container has them.
    private const string Enter = """
        set -e
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        mount -t tmpfs tmpfs "$1/tmp"
        chmod 1777 "$1/tmp"
        mount -t tmpfs tmpfs "$1/dev"
        for device in null zero urandom; do touch "$1/dev/$device"; mount --bind "/dev/$device" "$1/dev/$device"; done
        mount -o remount,bind,ro "$1"
        root=$1
        shift
        exec env -i "$@" /usr/sbin/chroot --userspec=65532:65532 --groups= "$root" "${program[@]}"
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly string[] _variables;

    /// <param name="name">Of the image.</param>
    public ReadOnlyRoot(string name)
    {
        var (code, _, error) = Programs.Try("unshare", ["--mount", "--pid", "--fork", "true"]);
        Assert.SkipUnless(code == 0 && Environment.IsPrivilegedProcess, $"no root can be changed to here: {error}");
        var image = ImageArchive.Of(name);
        image.Unpack(_folder.Path);
        _variables = [.. image.Configuration["config"]!["Env"]!.AsArray().Select(variable => (string)variable!)];
    }

    /// <summary>Exit code and output of a program of the image.</summary>
    public (int Code, string Output, string Error) Run(params string[] command)
    {
        var program = string.Join(' ', command.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        return Programs.Try("unshare",
            ["--mount", "--pid", "--fork", "bash", "-c", $"program=({program})\n{Enter}", "-", _folder.Path, .. _variables]);
    }

    public void Dispose() => _folder.Dispose();
}
