using System.Security.Cryptography;
using MhcOperator.Trainer.Files;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Hashes what is written to it, and keeps nothing.</summary>
internal sealed class HashStream() : WriteOnlyStream(Null)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>SHA-256 of all that was written, in lower-case hexadecimal digits.</summary>
    public string Sha256 => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => _hash.AppendData(buffer);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
