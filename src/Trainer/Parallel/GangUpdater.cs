using System.Runtime.InteropServices;
using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Optimization;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// Many ranks together. Gradients of a bucket leave as soon as the backward pass has them all, while it goes on; each rank gets the sum of
/// its own blocks; the norm is found from those. With sharded optimizer the rank updates its blocks and sends the weights round, bucket by
/// bucket, while it updates the next; else the sums are sent round and each rank updates everything. Both give the same bits where values
/// travel as they are. All orders are fixed, so a run gives the same bits each time.
/// </summary>
internal sealed class GangUpdater : IUpdater
{
    private const string StepName = "step";

    private readonly IGang _gang;
    private readonly double _gradientClip;
    private readonly bool _sharded;
    private readonly bool _overlaps;
    private readonly List<FlatBucket> _buckets;
    private readonly List<BucketExchange> _exchanges;
    private readonly FlatAdamW _optimizer;
    private readonly StateTargets _targets;
    private readonly double[] _shared; // [ranks, numbers and the square of the norm]
    private Task _exchange = Task.CompletedTask;
    private int _left; // buckets whose gradients have left
    private float _scale;

    /// <summary>Moves the parameters into buckets.</summary>
    /// <param name="gang">The ranks.</param>
    /// <param name="parameters">What is trained; float32 leaves, the same on every rank.</param>
    /// <param name="parallelism">What is divided, and how values travel.</param>
    /// <param name="weightDecay">For matrices.</param>
    /// <param name="gradientClip">Largest norm; 0: any.</param>
    /// <param name="numbers">How many travel with each step.</param>
    /// <param name="overlaps">Whether gradients may leave before the backward pass is over: not where someone changes them after
    /// it.</param>
    /// <param name="bucketElements">A bucket that has so many elements is closed.</param>
    public GangUpdater(IGang gang, IReadOnlyList<NamedParameter> parameters, ParallelismSpec parallelism, double weightDecay,
        double gradientClip, int numbers, bool overlaps, int bucketElements = BucketPlan.DefaultElements)
    {
        (_gang, _gradientClip, _overlaps) = (gang, gradientClip, overlaps);
        _sharded = parallelism.Sharding == Sharding.Optimizer;
        _shared = new double[gang.Size * (numbers + 1)];
        _buckets = [.. BucketPlan.Divide([.. parameters.Select(p => (p.Value.numel(), p.Decays))], gang.Size,
            bucketElements).Select(p => new FlatBucket(p, parameters))];
        _exchanges = [.. _buckets.Select(b => new BucketExchange(b, gang, WireFormat.Of(parallelism.Communication), parallelism.Sharding))];
        _optimizer = new FlatAdamW(weightDecay);
        List<StateTarget> targets = [new StateTarget(StepName, [], 0, _optimizer.Steps)];
        for (var i = 0; i < _buckets.Count; i++)
        {
            var plan = _buckets[i].Plan;
            var first = _sharded ? gang.Rank * plan.Block : 0;
            var (averages, squares) =
                _optimizer.Add(_sharded ? _exchanges[i].OwnWeights : _buckets[i].Weights,
                _sharded ? _exchanges[i].OwnGradients : _buckets[i].Gradients, plan.Block, plan.DecayEnd - first);
            foreach (var slot in plan.Slots)
            {
                var parameter = parameters[slot.Parameter];
                targets.AddRange(Targets($"exp_avg.{parameter.Name}", parameter.Value.shape, slot, averages, first));
                targets.AddRange(Targets($"exp_avg_sq.{parameter.Name}", parameter.Value.shape, slot, squares, first));
            }
        }

        _targets = new StateTargets(targets,
            parameters.SelectMany(p => (string[])[$"exp_avg.{p.Name}", $"exp_avg_sq.{p.Name}"]).Append(StepName)
                .ToHashSet(StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public long BytesSent => _gang.BytesSent;

    /// <summary>Buckets that there are.</summary>
    public int Buckets => _buckets.Count;

    /// <summary>Buckets whose gradients have left in this step.</summary>
    public int Left => _left;

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> SharedState => [.. _targets.All.Where(t => !_sharded || t.Name == StepName).Select(Named)];

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> OwnState => [.. _targets.All.Where(t => _sharded && t.Name != StepName).Select(Named)];

    /// <inheritdoc/>
    public void LastPassBegins()
    {
        _left = 0;
        if (_overlaps)
        {
            _buckets.ForEach(b => b.Arm());
            BackwardProgress.Watch(SendWhatIsReady);
        }
    }

    /// <inheritdoc/>
    public double Average(Span<float> means, Span<float> maxima = default)
    {
        BackwardProgress.Watch(null);
        while (_left < _buckets.Count)
        {
            Send();
        }

        Finish();
        var numbers = means.Length + maxima.Length;
        var mine = Mine(numbers + 1);
        for (var i = 0; i < numbers; i++)
        {
            mine[i] = i < means.Length ? means[i] : maxima[i - means.Length];
        }

        mine[^1] = _exchanges.Sum(e => GradientClipping.SumOfSquares(TensorMemory.Span<float>(e.OwnGradients)));
        _gang.AllGather(MemoryMarshal.AsBytes(_shared.AsSpan()));
        for (var i = 0; i < means.Length; i++)
        {
            means[i] = (float)(OfRanks(i, mine.Length).Sum() / _gang.Size);
        }

        for (var i = 0; i < maxima.Length; i++)
        {
            // Unlike Enumerable.Max, Math.Max keeps NaN.
            maxima[i] = (float)OfRanks(means.Length + i, mine.Length).Aggregate(Math.Max);
        }

        var norm = Math.Sqrt(OfRanks(numbers, mine.Length).Sum()) / _gang.Size;
        _scale = (float)((_gradientClip > 0 && norm > _gradientClip ? _gradientClip / norm : 1) / _gang.Size);
        if (!double.IsFinite(norm))
        {
            _exchanges.ForEach(e => e.Forget());
        }

        return norm;
    }

    /// <inheritdoc/>
    public void Update(double learningRate)
    {
        _optimizer.BeginStep();
        if (_sharded)
        {
            for (var i = 0; i < _buckets.Count; i++)
            {
                _optimizer.Update(i, learningRate, _scale);
                Enqueue(_exchanges[i].Spread);
            }

            Finish();
            return;
        }

        var spread = _exchanges.ConvertAll(e => _exchange = After(_exchange, e.Spread));
        for (var i = 0; i < _buckets.Count; i++)
        {
            spread[i].GetAwaiter().GetResult();
            _optimizer.Update(i, learningRate, _scale);
        }
    }

    /// <inheritdoc/>
    public void Clear() => _buckets.ForEach(b => b.Clear());

    /// <inheritdoc/>
    public void Settle() => _exchanges.ForEach(e => e.Settle());

    /// <inheritdoc/>
    public bool Wants(string saved) => _targets.Wants(saved);

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<(string Name, Tensor Value)> state)
    {
        _targets.Fill(state);
        _exchanges.ForEach(e => e.Begin());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        BackwardProgress.Watch(null);
        foreach (var target in _targets.All.Where(t => t.Name != StepName))
        {
            target.Value.Dispose();
        }

        _optimizer.Dispose();
        _exchanges.ForEach(e => e.Dispose());
        _buckets.ForEach(b => b.Dispose());
    }

    /// <summary>The parts of a parameter's state that lie in a flat tensor.</summary>
    private static IEnumerable<StateTarget> Targets(string name, long[] shape, BucketSlot slot, Tensor flat, int first)
    {
        var begin = Math.Max(slot.Begin, first);
        var end = Math.Min(slot.Begin + slot.Length, first + (int)flat.numel());
        if (begin < end)
        {
            var value = FlatBucket.View(flat, begin - first, end - begin == slot.Length ? shape : [end - begin]);
            yield return new StateTarget(name, shape, begin - slot.Begin, value);
        }
    }

    private static NamedTensor Named(StateTarget target) => new(target.SavedName, target.Value);

    private Span<double> Mine(int numbers) => _shared.AsSpan(_gang.Rank * numbers, numbers);

    /// <summary>A number of each rank, in order of rank.</summary>
    private IEnumerable<double> OfRanks(int number, int stride) =>
        Enumerable.Range(0, _gang.Size).Select(rank => _shared[(rank * stride) + number]);

    private void SendWhatIsReady()
    {
        while (_left < _buckets.Count && _buckets[_left].IsReady())
        {
            Send();
        }
    }

    /// <summary>Buckets leave in their order whatever happens, since all ranks must send the same.</summary>
    private void Send() => Enqueue(_exchanges[_left++].Reduce);

    /// <summary>Operations of the gang run one after another, on a thread that is not this one.</summary>
    private void Enqueue(Action operation) => _exchange = After(_exchange, operation);

    private static async Task After(Task before, Action operation)
    {
        await before.ConfigureAwait(false);
        await Task.Run(operation).ConfigureAwait(false);
    }

    private void Finish() => _exchange.GetAwaiter().GetResult();
}
