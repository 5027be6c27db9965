namespace MhcOperator.Trainer.Files;

/// <summary>
/// What a checkpoint asks of the file system: each method is one system call, or a few of the same kind, after which a crash must leave
/// something that can be loaded. All of them throw an IOException or an UnauthorizedAccessException when they fail.
/// </summary>
internal interface IDisk
{
    /// <summary>Makes a folder; one that is there is as good.</summary>
    void CreateFolder(string path);

    /// <summary>Begins a new file, in place of one that is there. What is written is on the disk after <see cref="Flush"/>.</summary>
    Stream Create(string path);

    /// <summary>Puts a file's content on the disk.</summary>
    void Flush(Stream file);

    /// <summary>Puts a folder's names on the disk.</summary>
    void FlushFolder(string path);

    /// <summary>Renames a file, over one that has the name.</summary>
    void Rename(string from, string to);

    /// <summary>Renames a folder.</summary>
    void RenameFolder(string from, string to);

    /// <summary>Deletes a folder and what is in it.</summary>
    void DeleteFolder(string path);
}
