using System.Security.Cryptography;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Finds torn and corrupted checkpoints.</summary>
internal static class CheckpointIntegrity
{
    /// <summary>Reads all files of a checkpoint and compares their sizes and hashes with the manifest.</summary>
    /// <exception cref="InvalidDataException">A file is missing, or is not what was written; the message says which.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static CheckpointManifest Check(CheckpointFolder folder, int step)
    {
        var manifest = folder.ReadManifest(step);
        foreach (var shard in manifest.Shards)
        {
            var path = Path.Combine(folder.Of(step), shard.File);
            using var file = Open(path);
            if (file.Length != shard.Bytes)
            {
                throw new InvalidDataException($"{path} has {file.Length} bytes; {shard.Bytes} were written");
            }

            var hash = Convert.ToHexStringLower(SHA256.HashData(file));
            if (!string.Equals(hash, shard.Sha256, StringComparison.Ordinal))
            {
                throw new InvalidDataException($"{path} has the SHA-256 {hash}; {shard.Sha256} was written");
            }
        }

        return manifest;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return RegularFile.OpenRead(path);
        }
        catch (FileNotFoundException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }
}
