using System.Globalization;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.State;

/// <summary>A part of a tensor that this rank holds, or all of it.</summary>
/// <param name="Name">Of the whole tensor.</param>
/// <param name="Shape">Of the whole tensor.</param>
/// <param name="Begin">First element of the part, row-major.</param>
/// <param name="Value">Contiguous; of the whole shape, or [elements] where it is a part.</param>
internal sealed record StateTarget(string Name, long[] Shape, long Begin, Tensor Value)
{
    /// <summary>One past the last element of the part.</summary>
    public long End => Begin + Value.numel();

    /// <summary>What a checkpoint calls it: a part of a tensor has its range of elements behind the name.</summary>
    public string SavedName => Value.numel() == Shape.Aggregate(1L, (a, b) => a * b)
        ? Name
        : string.Create(CultureInfo.InvariantCulture, $"{Name}[{Begin}:{End}]");

    /// <summary>The tensor's name, and the range of a part; null for the whole.</summary>
    public static (string Name, (long Begin, long End)? Range) Parse(string saved)
    {
        if (!saved.EndsWith(']') || saved.LastIndexOf('[') is not (> 0 and var open))
        {
            return (saved, null);
        }

        var range = saved[(open + 1)..^1].Split(':');
        return range.Length == 2
            && long.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out var begin)
            && long.TryParse(range[1], NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            ? (saved[..open], (begin, end))
            : (saved, null);
    }
}
