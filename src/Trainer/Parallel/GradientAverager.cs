using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Model;

namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// Averages gradients over the gang in flat buckets, since many small messages cost far more than one large one (4 KiB: 250 µs at two
/// ranks; 64 MiB: 43 ms). A few numbers of the step travel at the end of the last bucket.
/// </summary>
internal sealed class GradientAverager
{
    private const int BucketElements = 4 << 20;

    private readonly IGang _gang;
    private readonly List<List<NamedParameter>> _buckets;
    private readonly float[] _flat;

    /// <param name="gang">Over whom.</param>
    /// <param name="parameters">Whose gradients, float32.</param>
    /// <param name="scalars">Numbers that travel along in each call.</param>
    public GradientAverager(IGang gang, IReadOnlyList<NamedParameter> parameters, int scalars)
    {
        _gang = gang;
        _buckets = Divide(parameters);
        var largest = _buckets.Max(b => b.Sum(p => p.Value.numel()));
        _flat = gang.Size == 1 ? [] : new float[largest + scalars];
    }

    /// <summary>Replaces the gradients and the numbers by their means over all ranks. A gradient that is absent counts as zeros and stays absent.</summary>
    /// <param name="scalars">[scalars], in place.</param>
    public void Average(Span<float> scalars)
    {
        if (_gang.Size == 1)
        {
            return;
        }

        for (var i = 0; i < _buckets.Count; i++)
        {
            var length = Pack(_buckets[i]);
            var last = i == _buckets.Count - 1;
            var flat = _flat.AsSpan(0, last ? length + scalars.Length : length);
            if (last)
            {
                scalars.CopyTo(flat[length..]);
            }

            _gang.Sum(flat);
            for (var at = 0; at < flat.Length; at++)
            {
                flat[at] /= _gang.Size;
            }

            Unpack(_buckets[i]);
            if (last)
            {
                flat[length..].CopyTo(scalars);
            }
        }
    }

    private static List<List<NamedParameter>> Divide(IReadOnlyList<NamedParameter> parameters)
    {
        List<List<NamedParameter>> buckets = [[]];
        long filled = 0;
        foreach (var parameter in parameters)
        {
            if (filled > 0 && filled + parameter.Value.numel() > BucketElements)
            {
                buckets.Add([]);
                filled = 0;
            }

            buckets[^1].Add(parameter);
            filled += parameter.Value.numel();
        }

        return buckets;
    }

    private int Pack(List<NamedParameter> bucket)
    {
        var at = 0;
        foreach (var parameter in bucket)
        {
            var part = _flat.AsSpan(at, (int)parameter.Value.numel());
            if (parameter.Value.grad is { } gradient)
            {
                TensorMemory.Span<float>(gradient).CopyTo(part);
            }
            else
            {
                part.Clear();
            }

            at += part.Length;
        }

        return at;
    }

    private void Unpack(List<NamedParameter> bucket)
    {
        var at = 0;
        foreach (var parameter in bucket)
        {
            var length = (int)parameter.Value.numel();
            if (parameter.Value.grad is { } gradient)
            {
                _flat.AsSpan(at, length).CopyTo(TensorMemory.Span<float>(gradient));
            }

            at += length;
        }
    }
}
