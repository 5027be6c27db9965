namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// How a bucket is laid out: matrices, which decay, before the rest, so that a block of it has at most two learning rules; each parameter
/// at a multiple of a cache line; padded with zeros to one equal block for each rank.
/// </summary>
/// <param name="Slots">Parameters in order of their places.</param>
/// <param name="DecayEnd">Weight decay applies to the elements before this one.</param>
/// <param name="Block">Elements that belong to one rank; a multiple of <see cref="WireFormat.Block"/>.</param>
/// <param name="Ranks">Blocks.</param>
internal sealed record BucketPlan(IReadOnlyList<BucketSlot> Slots, int DecayEnd, int Block, int Ranks)
{
    /// <summary>
    /// Elements from which on a bucket is closed: 8 MiB, which gloo moves at full speed (smaller ones are ruled by the latency of 250 µs),
    /// and small enough that a large model has many, whose exchange hides behind the rest of the backward pass.
    /// </summary>
    public const int DefaultElements = 2 << 20;

    private const int CacheLine = 16; // float32

    /// <summary>Elements of the bucket.</summary>
    public int Elements => Block * Ranks;

    /// <summary>
    /// Divides parameters into buckets, the last parameters first, as the backward pass comes to them.
    /// </summary>
    /// <param name="parameters">Elements of each, and whether it decays.</param>
    /// <param name="ranks">Blocks of each bucket.</param>
    /// <param name="elements">A bucket that has so many is closed.</param>
    public static IReadOnlyList<BucketPlan> Divide(IReadOnlyList<(long Elements, bool Decays)> parameters, int ranks,
        int elements = DefaultElements)
    {
        List<BucketPlan> plans = [];
        List<int> open = [];
        long filled = 0;
        for (var i = parameters.Count - 1; i >= 0; i--)
        {
            open.Add(i);
            filled += parameters[i].Elements;
            if (filled >= elements || i == 0)
            {
                plans.Add(Lay(open, parameters, ranks));
                open.Clear();
                filled = 0;
            }
        }

        return plans;
    }

    private static BucketPlan Lay(List<int> numbers, IReadOnlyList<(long Elements, bool Decays)> parameters, int ranks)
    {
        List<BucketSlot> slots = [];
        int at = 0, decayEnd = 0;
        foreach (var number in numbers.OrderByDescending(n => parameters[n].Decays))
        {
            var length = checked((int)parameters[number].Elements);
            slots.Add(new BucketSlot(number, at, length));
            at = checked(RoundUp(at + length, CacheLine));
            decayEnd = parameters[number].Decays ? at : decayEnd;
        }

        return new BucketPlan(slots, decayEnd, RoundUp((at + ranks - 1) / ranks, WireFormat.Block), ranks);
    }

    private static int RoundUp(int value, int unit) => checked((value + unit - 1) / unit * unit);
}

/// <summary>The place of one parameter in a bucket.</summary>
/// <param name="Parameter">Its number.</param>
/// <param name="Begin">First element.</param>
/// <param name="Length">Elements.</param>
internal readonly record struct BucketSlot(int Parameter, int Begin, int Length);
