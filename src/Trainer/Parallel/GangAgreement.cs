using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// What all ranks must have alike is compared once, when the gang stands and before any of them lays out what they train: ranks that differ
/// would train a mixture of models without a word, or break the collectives.
/// </summary>
internal static class GangAgreement
{
    private const int Named = 4; // more fields would not be read

    /// <summary>Compares; every rank calls it.</summary>
    /// <param name="gang">The ranks.</param>
    /// <param name="mine">What this rank has.</param>
    /// <exception cref="TrainerException">Ranks differ; the same on all of them, with the fields, their values and the ranks that have
    /// them.</exception>
    public static void Check(IGang gang, FieldValues mine)
    {
        var text = new JsonObject([.. mine.All.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value))]).ToJsonString();
        // All that travels where they agree, which is nearly always: a gang of thousands has small messages.
        var hashes = gang.Gather(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        if (hashes.All(hash => hash.AsSpan().SequenceEqual(hashes[0])))
        {
            return;
        }

        var all = gang.Gather(Encoding.UTF8.GetBytes(text)).Select(Read).ToList();
        var differing = FieldValues.Differing(all);
        var more = differing.Count > Named ? $"; and {differing.Count - Named} more" : "";
        throw TrainerException.Configuration(
            EndReason.RanksDiffer,
            $"all ranks of a gang must have the same, and these have not: {string.Join("; ", differing.Take(Named).Select(path => Describe(path, all)))}{more}").OfAll();
    }

    private static string Describe(string path, IReadOnlyList<FieldValues> all) =>
        $"{path}: {string.Join(", ", all.Select((values, rank) => (Value: values[path], Rank: rank)).GroupBy(v => v.Value, v => v.Rank, StringComparer.Ordinal).Select(g => $"{g.Key} on {Ranks([.. g])}"))}";

    private static string Ranks(IReadOnlyList<int> ranks)
    {
        const int shown = 8;
        var numbers = string.Join(", ", ranks.Take(shown).Select(r => r.ToString(CultureInfo.InvariantCulture)));
        return $"{(ranks.Count == 1 ? "rank" : "ranks")} {numbers}{(ranks.Count > shown ? $" and {ranks.Count - shown} more" : "")}";
    }

    private static FieldValues Read(byte[] text)
    {
        var values = new FieldValues();
        foreach (var (path, value) in JsonNode.Parse(text)!.AsObject())
        {
            values.Add(path, value!.GetValue<string>());
        }

        return values;
    }
}
