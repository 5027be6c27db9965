namespace MhcOperator.Api.Files;

/// <summary>What the system says of a file.</summary>
/// <param name="Mode">Its kind and permissions (st_mode).</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedSeconds">When its content was last changed, seconds since 1970.</param>
/// <param name="ModifiedNanoseconds">The rest of that.</param>
/// <param name="Inode">Its number on its file system.</param>
/// <param name="FileSystem">The file system's number on this machine.</param>
public readonly record struct FileStatus(ushort Mode, long Size, long ModifiedSeconds, uint ModifiedNanoseconds, ulong Inode,
    ulong FileSystem)
{
    /// <summary>Whether it can be read at any place, and again.</summary>
    public bool IsFile => Kind == 0x8000;

    /// <summary>Whether it is a folder.</summary>
    public bool IsFolder => Kind == 0x4000;

    /// <summary>Whether it can be read once, to its end.</summary>
    public bool IsPipe => Kind == 0x1000;

    /// <summary>For people, with the article.</summary>
    public string Words => Kind switch
    {
        0x8000 => "a regular file",
        0x4000 => "a folder",
        0x1000 => "a pipe",
        0xA000 => "a link",
        0xC000 => "a socket",
        0x2000 => "a character device",
        0x6000 => "a block device",
        _ => "no file that can be read",
    };

    private int Kind => Mode & 0xF000;
}
