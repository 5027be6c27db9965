using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Files;

namespace MhcOperator.Cli.Files;

/// <summary>Reads what a trainer, ours or another, has left in its checkpoint folder.</summary>
internal static class CheckpointReader
{
    private const string Prefix = "step-";
    private const int LongestJson = 64 << 20;

    /// <summary>Health of what cannot be loaded.</summary>
    public const string Broken = "broken";

    private const string Quarantined = "quarantined";

    /// <summary>All checkpoints, the oldest first.</summary>
    /// <param name="folder">Folder of the checkpoints.</param>
    /// <param name="hash">Read every file and compare its SHA-256 with the manifest's.</param>
    /// <param name="cancel">Stops.</param>
    public static async Task<IReadOnlyList<CheckpointEntry>> ReadAsync(string folder, bool hash, CancellationToken cancel)
    {
        var entries = new List<CheckpointEntry>();
        foreach (var path in new DirectoryInfo(folder).EnumerateDirectories(Prefix + "*"))
        {
            if (int.TryParse(path.Name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
                && path.LinkTarget is null)
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
        foreach (var entry in entries.Reverse().Where(e => e.Health is not (Broken or Quarantined)))
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
            var manifest = await ObjectAsync(Path.Combine(path, "manifest.json"), cancel);
            var health = Path.Exists(Path.Combine(path, "health.json"))
                ? await ObjectAsync(Path.Combine(path, "health.json"), cancel) : null;
            var wrong = await FindWrongShardAsync(path, manifest, hash, cancel);
            return new CheckpointEntry
            {
                Step = step,
                Folder = path,
                Health = wrong is not null ? Broken : health?["state"]?.GetValue<string>() ?? "candidate",
                Reason = wrong ?? health?["reason"]?.GetValue<string>() ?? "",
                Job = manifest["job"]?.GetValue<string>(),
                Attempt = manifest["attempt"]?.GetValue<int>(),
                Ranks = manifest["worldSize"]?.GetValue<int>(),
                Tokens = manifest["tokens"]?.GetValue<long>(),
                Loss = manifest["loss"]?.GetValue<double>(),
                ValidationLoss = manifest["validationLoss"]?.GetValue<double>(),
                SavedAt = manifest["savedAt"]?.GetValue<DateTimeOffset>(),
                Bytes = bytes,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException
            or FormatException or InvalidDataException or ArgumentException)
        {
            return new CheckpointEntry { Step = step, Folder = path, Health = Broken, Reason = e.Message, Bytes = bytes };
        }
    }

    private static async Task<string?> FindWrongShardAsync(string path, JsonObject manifest, bool hash, CancellationToken cancel)
    {
        foreach (var shard in manifest["shards"]?.AsArray() ?? [])
        {
            var name = shard?["file"]?.GetValue<string>();
            if (!RegularFile.IsPlainName(name))
            {
                return "a shard has a name that is no plain name of a file beside the manifest";
            }

            await using var file = RegularFile.OpenRead(Path.Combine(path, name));
            if (shard?["bytes"]?.GetValue<long>() is { } size && size != file.Length)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{name} has {file.Length} bytes; expected {size}");
            }

            if (hash && shard?["sha256"]?.GetValue<string>() is { } expected)
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

    private static async Task<JsonObject> ObjectAsync(string path, CancellationToken cancel) =>
        await Task.Run(() => JsonNode.Parse(RegularFile.ReadAllBytes(path, LongestJson)), cancel) as JsonObject
            ?? throw new JsonException($"{Path.GetFileName(path)}: expected a JSON object");
}
