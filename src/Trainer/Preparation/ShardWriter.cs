using System.Globalization;
using System.Runtime.InteropServices;
using MhcOperator.Trainer.Data;

namespace MhcOperator.Trainer.Preparation;

/// <summary>Writes tokens into files of one size, uint32 behind llm.c's header; the last file is as long as it comes.</summary>
/// <param name="folder">Where to.</param>
/// <param name="shardTokens">Tokens of a file, at least 1.</param>
internal sealed class ShardWriter(string folder, int shardTokens) : IDisposable
{
    private readonly List<PreparedShard> _shards = [];
    private FileStream? _file;
    private int _inFile;

    /// <summary>The files that are whole and on the disk.</summary>
    public IReadOnlyList<PreparedShard> Shards => _shards;

    /// <summary>Appends tokens.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Write(ReadOnlySpan<int> tokens)
    {
        while (!tokens.IsEmpty)
        {
            if (_file is null)
            {
                _file = new FileStream(PathOf(_shards.Count), FileMode.Create, FileAccess.Write, FileShare.None);
                _file.Write(new byte[TokenFileFormat.HeaderBytes]);
            }

            var part = tokens[..Math.Min(tokens.Length, shardTokens - _inFile)];
            _file.Write(MemoryMarshal.AsBytes(part));
            _inFile += part.Length;
            tokens = tokens[part.Length..];
            if (_inFile == shardTokens)
            {
                Finish();
            }
        }
    }

    /// <summary>Ends the last file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Finish()
    {
        if (_file is null)
        {
            return;
        }

        Span<byte> header = stackalloc byte[TokenFileFormat.HeaderBytes];
        TokenFileFormat.WriteHeader(header, sizeof(int), _inFile);
        _file.Position = 0;
        _file.Write(header);
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        _shards.Add(new PreparedShard(Path.GetFileName(PathOf(_shards.Count)), _inFile));
        (_file, _inFile) = (null, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private string PathOf(int shard) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"tokens-{shard:D5}.bin"));
}
