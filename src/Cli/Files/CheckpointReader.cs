using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;

namespace MhcOperator.Cli.Files;

/// <summary>Reads what a trainer, ours or another, has left in its checkpoint folder.</summary>
internal static class CheckpointReader
{
    /// <summary>Health of what cannot be loaded.</summary>
    public const string Broken = "broken";

    private static readonly string Quarantined = CheckpointHealthJsonConverter.WordOf(CheckpointHealth.Quarantined);

    /// <summary>All checkpoints, the oldest first.</summary>
    /// <param name="folder">Folder of the checkpoints.</param>
    /// <param name="hash">Read every file and compare its SHA-256 with the manifest's.</param>
    /// <param name="cancel">Stops.</param>
    public static async Task<IReadOnlyList<CheckpointEntry>> ReadAsync(string folder, bool hash, CancellationToken cancel)
    {
        var entries = new List<CheckpointEntry>();
        foreach (var path in new DirectoryInfo(folder).EnumerateDirectories())
        {
            if (CheckpointLayout.StepOf(path.Name) is { } step && path.LinkTarget is null)
            {
                entries.Add(await ReadOneAsync(path.FullName, step, hash, cancel));
            }
        }

        return [.. entries.OrderBy(e => e.Step)];
    }

    /// <summary>The newest that a run can go on from, every file read and compared with its SHA-256.</summary>
    /// <param name="entries">All of a folder; at least one.</param>
    /// <param name="cancel">Stops.</param>
    /// <returns>It; a broken one, which says what is wrong, where none is whole; null: what is not broken is quarantined.</returns>
    public static async Task<CheckpointEntry?> NewestWholeAsync(IReadOnlyList<CheckpointEntry> entries, CancellationToken cancel)
    {
        var looked = entries.All(e => e.Health == Broken) ? entries[^1] : null;
        foreach (var entry in entries.Reverse().Where(e => e.Health != Broken && e.Health != Quarantined))
        {
            looked = await ReadOneAsync(entry.Folder, entry.Step, hash: true, cancel);
            if (looked.Health != Broken)
            {
                break;
            }
        }

        return looked;
    }

    private static async Task<CheckpointEntry> ReadOneAsync(string path, int step, bool hash, CancellationToken cancel)
    {
        long bytes = 0;
        try
        {
            bytes = new DirectoryInfo(path).EnumerateFiles().Where(f => f.LinkTarget is null).Sum(f => f.Length);
            var manifest = ForeignManifest.Parse(await BytesAsync(Path.Combine(path, CheckpointLayout.ManifestName), cancel));
            var healthFile = Path.Combine(path, CheckpointLayout.HealthName);
            var health = Path.Exists(healthFile) ? ForeignHealth.Parse(await BytesAsync(healthFile, cancel)) : null;
            var wrong = await FindWrongShardAsync(path, manifest, hash, cancel);
            return new CheckpointEntry
            {
                Step = step,
                Folder = path,
                Health = wrong is not null ? Broken
                    : health?.State ?? CheckpointHealthJsonConverter.WordOf(CheckpointHealth.Candidate),
                Reason = wrong ?? health?.Reason ?? "",
                Job = manifest.Job,
                Attempt = manifest.Attempt,
                Ranks = manifest.WorldSize,
                Tokens = manifest.Tokens,
                Loss = manifest.Loss,
                ValidationLoss = manifest.ValidationLoss,
                SavedAt = manifest.SavedAt,
                Bytes = bytes,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException
            or FormatException or InvalidDataException or ArgumentException)
        {
            return new CheckpointEntry { Step = step, Folder = path, Health = Broken, Reason = e.Message, Bytes = bytes };
        }
    }

    private static async Task<string?> FindWrongShardAsync(string path, ForeignManifest manifest, bool hash, CancellationToken cancel)
    {
        foreach (var shard in manifest.Shards)
        {
            var name = shard.File;
            if (!RegularFile.IsPlainName(name))
            {
                return "a shard has a name that is no plain name of a file beside the manifest";
            }

            await using var file = RegularFile.OpenRead(Path.Combine(path, name));
            if (shard.Bytes is { } size && size != file.Length)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{name} has {file.Length} bytes; expected {size}");
            }

            if (hash && shard.Sha256 is { } expected)
            {
                var actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel));
                if (!string.Equals(actual, expected, StringComparison.Ordinal))
                {
                    return $"{name} has another SHA-256 than the manifest says";
                }
            }
        }

        return null;
    }

    private static Task<byte[]> BytesAsync(string path, CancellationToken cancel) =>
        Task.Run(() => RegularFile.ReadAllBytes(path, CheckpointLayout.LongestManifest), cancel);
}
