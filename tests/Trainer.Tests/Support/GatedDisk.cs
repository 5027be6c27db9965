using MhcOperator.Trainer.Files;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>A disk that is slow until a test opens it.</summary>
internal sealed class GatedDisk : IDisk, IDisposable
{
    private readonly ManualResetEventSlim _open = new();

    public void Open() => _open.Set();

    public void CreateFolder(string path) => Disk.Instance.CreateFolder(path);

    public Stream Create(string path)
    {
        _open.Wait(TestContext.Current.CancellationToken);
        return Disk.Instance.Create(path);
    }

    public void Flush(Stream file) => Disk.Instance.Flush(file);

    public void FlushFolder(string path) => Disk.Instance.FlushFolder(path);

    public void Rename(string from, string to) => Disk.Instance.Rename(from, to);

    public void RenameFolder(string from, string to) => Disk.Instance.RenameFolder(from, to);

    public void DeleteFolder(string path) => Disk.Instance.DeleteFolder(path);

    public void Dispose()
    {
        // Whoever waits after a failed test must not wait for ever.
        _open.Set();
        _open.Dispose();
    }
}
