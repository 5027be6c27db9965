using Microsoft.Win32.SafeHandles;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// Files that are open, so many at most: one more closes that which was used the longest ago. Can be used by many threads; a file that is
/// closed while somebody reads it is closed after that.
/// </summary>
/// <param name="most">At least 1.</param>
internal sealed class OpenFiles(int most = OpenFiles.Default) : IDisposable
{
    /// <summary>More than a data set of usual shards has, and few beside what a process may have open.</summary>
    public const int Default = 128;

    private readonly Dictionary<string, LinkedListNode<(string Path, SafeFileHandle Handle)>> _byPath = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Path, SafeFileHandle Handle)> _byUse = new(); // the latest first
    private readonly Lock _lock = new();

    /// <summary>Files that are open.</summary>
    public int Count => _byUse.Count;

    /// <summary>Keeps a file open until the answer is disposed.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="open">Opens it, where it is not open.</param>
    public Lease Take(string path, Func<SafeFileHandle> open)
    {
        lock (_lock)
        {
            if (_byPath.TryGetValue(path, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
            }
            else
            {
                _byPath[path] = node = _byUse.AddFirst((path, open()));
                if (_byUse.Count > most)
                {
                    var (oldest, closed) = _byUse.Last!.Value;
                    _byUse.RemoveLast();
                    _byPath.Remove(oldest);
                    closed.Dispose();
                }
            }

            return new Lease(node.Value.Handle);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var (_, handle) in _byUse)
            {
                handle.Dispose();
            }

            _byUse.Clear();
            _byPath.Clear();
        }
    }

    /// <summary>A file in use.</summary>
    internal readonly ref struct Lease
    {
        private readonly bool _held;

        /// <param name="handle">The file.</param>
        public Lease(SafeFileHandle handle) => (Handle = handle).DangerousAddRef(ref _held);

        /// <summary>The file.</summary>
        public SafeFileHandle Handle { get; }

        /// <summary>Gives it back.</summary>
        public void Dispose()
        {
            if (_held)
            {
                Handle.DangerousRelease();
            }
        }
    }
}
