using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Data;

public sealed class IndexPermutationTests
{
    [Fact]
    public void Every_index_is_taken_exactly_once() => Properties.ForSeeds(100, random =>
    {
        var size = random.Next(1, 3000);
        var permutation = new IndexPermutation(size, (ulong)random.NextInt64());

        var seen = Enumerable.Range(0, size).Select(i => permutation[i]).ToHashSet();

        Assert.Equal(size, seen.Count);
        Assert.All(seen, i => Assert.InRange(i, 0, size - 1));
    });

    [Fact]
    public void Indices_of_a_huge_set_stay_inside_and_differ() => Properties.ForSeeds(20, random =>
    {
        var size = random.NextInt64(1L << 40, 1L << 61);
        var permutation = new IndexPermutation(size, (ulong)random.NextInt64());

        var seen = Enumerable.Range(0, 200).Select(i => permutation[i]).ToHashSet();

        Assert.Equal(200, seen.Count);
        Assert.All(seen, i => Assert.InRange(i, 0, size - 1));
    });

    [Fact]
    public void Another_key_gives_another_order()
    {
        var first = new IndexPermutation(1000, 1);
        var second = new IndexPermutation(1000, 2);

        Assert.InRange(Enumerable.Range(0, 1000).Count(i => first[i] == second[i]), 0, 20);
    }

    [Fact]
    public void Neighbours_are_torn_apart()
    {
        var permutation = new IndexPermutation(100_000, 7);

        var meanDistance = Enumerable.Range(0, 1000).Average(i => Math.Abs(permutation[i] - permutation[i + 1]));

        // The mean distance of two independent places is a third of the size.
        Assert.InRange(meanDistance, 25_000, 42_000);
    }
}
