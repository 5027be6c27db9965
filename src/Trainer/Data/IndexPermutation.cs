using System.Numerics;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// A pseudo-random permutation of 0…size−1 that is computed element by element and never stored: a balanced Feistel network on the
/// next even number of bits, walked until the value falls inside (cycle walking keeps it a permutation). It is for shuffling, not for
/// secrets.
/// </summary>
internal readonly struct IndexPermutation
{
    private const int Rounds = 6;

    private readonly ulong _key;
    private readonly ulong _size;
    private readonly int _halfBits;

    /// <param name="size">Elements, at least 1.</param>
    /// <param name="key">Another key gives another permutation.</param>
    public IndexPermutation(long size, ulong key)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        _size = (ulong)size;
        _key = key;
        _halfBits = Math.Max(1, (BitOperations.Log2(_size) + 2) / 2);
    }

    /// <summary>Where an element goes.</summary>
    /// <param name="index">0…size−1.</param>
    public long this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, (long)_size);
            var value = (ulong)index;
            do
            {
                value = Encrypt(value);
            }
            while (value >= _size);
            return (long)value;
        }
    }

    /// <summary>A 64-bit mix in which every input bit moves every output bit (the finaliser of SplitMix64).</summary>
    internal static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private ulong Encrypt(ulong value)
    {
        var mask = (1UL << _halfBits) - 1;
        var (left, right) = (value >> _halfBits, value & mask);
        for (var round = 0; round < Rounds; round++)
        {
            (left, right) = (right, left ^ (Mix(_key ^ Mix(right ^ ((ulong)round << 56))) & mask));
        }

        return (left << _halfBits) | right;
    }
}
