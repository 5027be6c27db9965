using MhcOperator.Trainer.Files;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>
/// A disk on which one system call goes wrong. It knows what has been flushed, and forgets the rest when the power is lost: contents of
/// files, names of new files, and renames. Nothing is really flushed, which would only take time.
/// </summary>
/// <param name="at">Number of the system call, from 0; −1: none.</param>
/// <param name="fault">What happens to it.</param>
internal sealed class FaultyDisk(int at, DiskFault fault) : IDisk
{
    private readonly Dictionary<string, long> _flushed = new(StringComparer.Ordinal); // bytes of a file that survive
    private readonly HashSet<string> _newNames = new(StringComparer.Ordinal);
    private readonly List<(string From, string To, byte[]? Replaced)> _renames = [];
    private int _calls;
    private bool _down;

    /// <summary>Whether it has happened.</summary>
    public bool Struck => at >= 0 && _calls > at;

    public void CreateFolder(string path) => Call(() => Directory.CreateDirectory(path));

    public Stream Create(string path)
    {
        FileStream? file = null;
        Call(() =>
        {
            file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            (_flushed[path], _) = (0, _newNames.Add(path));
        });
        return new Written(this, file!);
    }

    public void Flush(Stream file) => Call(() => _flushed[((Written)file).Path] = file.Length);

    public void FlushFolder(string path) => Call(() =>
    {
        _newNames.RemoveWhere(n => InFolder(n, path));
        _renames.RemoveAll(r => InFolder(r.To, path));
    });

    public void Rename(string from, string to) => Call(() =>
    {
        _renames.Add((from, to, File.Exists(to) ? File.ReadAllBytes(to) : null));
        File.Move(from, to, overwrite: true);
        Remap(from, to);
    });

    public void RenameFolder(string from, string to) => Call(() =>
    {
        _renames.Add((from, to, null));
        Directory.Move(from, to);
        Remap(from, to);
    });

    public void DeleteFolder(string path) => Call(() => Directory.Delete(path, recursive: true));

    private static bool InFolder(string path, string folder) =>
        string.Equals(Path.GetDirectoryName(path), folder, StringComparison.Ordinal);

    private void Remap(string from, string to)
    {
        foreach (var path in _flushed.Keys.Where(k => k == from || k.StartsWith(from + "/", StringComparison.Ordinal)).ToList())
        {
            var moved = to + path[from.Length..];
            _flushed[moved] = _flushed[path];
            _flushed.Remove(path);
            if (_newNames.Remove(path))
            {
                _newNames.Add(moved);
            }
        }
    }

    private void Call(Action work, Action? half = null)
    {
        if (_down)
        {
            throw new KilledException();
        }

        if (_calls++ != at)
        {
            work();
            return;
        }

        switch (fault)
        {
            case DiskFault.Error:
                throw new IOException("Input/output error");
            case DiskFault.Full:
                half?.Invoke();
                throw new IOException("No space left on device");
            case DiskFault.Kill:
                half?.Invoke();
                _down = true;
                throw new KilledException();
            default:
                half?.Invoke();
                _down = true;
                LosePower();
                throw new KilledException();
        }
    }

    private void LosePower()
    {
        foreach (var (path, length) in _flushed.Where(f => File.Exists(f.Key)))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            file.SetLength(Math.Min(length, file.Length));
        }

        foreach (var name in _newNames.Where(File.Exists))
        {
            File.Delete(name);
        }

        foreach (var (from, to, replaced) in Enumerable.Reverse(_renames))
        {
            Undo(from, to, replaced);
        }
    }

    private static void Undo(string from, string to, byte[]? replaced)
    {
        if (Directory.Exists(to))
        {
            Directory.Move(to, from);
        }
        else if (File.Exists(to))
        {
            File.Move(to, from, overwrite: true);
        }
        else if (!Path.HasExtension(from) && Directory.Exists(Path.GetDirectoryName(from)))
        {
            // Its name came back, what was deleted in it did not.
            Directory.CreateDirectory(from);
        }

        if (replaced is not null)
        {
            File.WriteAllBytes(to, replaced);
        }
    }

    private sealed class Written(FaultyDisk disk, FileStream inner) : WriteOnlyStream(inner)
    {
        public string Path { get; } = inner.Name;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var bytes = buffer.ToArray();
            disk.Call(() => Inner.Write(bytes), half: () => Inner.Write(bytes.AsSpan(0, bytes.Length / 2)));
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                Inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
