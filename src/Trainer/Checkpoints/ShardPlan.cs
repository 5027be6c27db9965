using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Divides tensors that every rank holds, so that each rank writes about the same number of bytes.</summary>
internal static class ShardPlan
{
    /// <summary>Which rank writes each tensor, in the tensors' order. Every rank finds the same plan.</summary>
    /// <param name="bytes">Size of each tensor.</param>
    /// <param name="ranks">At least 1.</param>
    public static int[] Assign(IReadOnlyList<long> bytes, int ranks)
    {
        var owners = new int[bytes.Count];
        var load = new long[ranks];
        // The largest first, each to the rank that has the least: never more than 4/3 of the best division (Graham 1969).
        foreach (var index in Enumerable.Range(0, bytes.Count).OrderByDescending(i => bytes[i]).ThenBy(i => i))
        {
            var rank = Array.IndexOf(load, load.Min());
            owners[index] = rank;
            load[rank] += bytes[index];
        }

        return owners;
    }
}

/// <summary>How one rank's part in writing a checkpoint went; told to all ranks.</summary>
/// <param name="Shard">The file, where it was written.</param>
/// <param name="Error">What went wrong, else null.</param>
/// <param name="Ends">Why training cannot go on, as the reason of a termination message; null: it can.</param>
internal sealed record ShardOutcome(ShardRecord? Shard, string? Error, string? Ends = null)
{
    /// <summary>Hash over the weights in the file, as this rank has them.</summary>
    public string? WeightsSha256 { get; init; }
}
