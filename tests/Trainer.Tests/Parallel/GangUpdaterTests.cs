using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Optimization;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Parallel;

public sealed class GangUpdaterTests
{
    private const double Decay = 0.1;
    private const double Clip = 1;
    private const int BucketElements = 3000;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Sharded_or_not_ranks_get_the_same_bits_in_every_run_and_those_of_one_rank_but_for_rounding(int ranks)
    {
        var alone = Alone(steps: 100);
        var none = Together(ranks, Sharding.None, Communication.Float32, steps: 100);
        var sharded = Together(ranks, Sharding.Optimizer, Communication.Float32, steps: 100);
        var again = Together(ranks, Sharding.Optimizer, Communication.Float32, steps: 100);

        Assert.All(none.Concat(sharded).Concat(again), w => Assert.Equal(none[0], w));
        Assert.All(alone.Zip(none[0]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public void Each_rank_holds_its_share_of_the_optimizer_state() =>
        Assert.All(ThreadGang.Run(4, gang =>
        {
            using var job = new Job(gang, Sharding.Optimizer, Communication.Float32);
            return (Own: job.Updater.OwnState.Sum(t => t.Bytes) / (double)(2 * sizeof(float) * job.Elements), Padded: job.PaddedShare);
        }), share =>
        {
            Assert.InRange(share.Own, 0, 0.25 * 1.05);
            Assert.InRange(share.Padded, 0.25, 0.25 * 1.1);
        });

    [Theory]
    [InlineData(Communication.Float32)]
    [InlineData(Communication.BFloat16)]
    [InlineData(Communication.Int8)]
    [InlineData(Communication.Int4)]
    public void A_checkpoint_of_four_ranks_goes_on_with_two_three_and_one(Communication communication)
    {
        List<NamedTensor> saved = [];
        var weights = Together(4, Sharding.Optimizer, communication, steps: 10, save: saved)[0];
        var next = 10;
        foreach (var ranks in (int[])[2, 3, 1])
        {
            var state = saved;
            saved = [];
            weights = Together(ranks, ranks == 3 ? Sharding.None : Sharding.Optimizer, communication, steps: 5, first: next, weights, state,
                saved)[0];
            next += 5;
        }

        var undisturbed = Alone(next);
        // One number of ranks differs from another by rounding; a coded format by what it loses, to which AdamW's first steps are not kind.
        var tolerance = communication switch { Communication.Float32 => 1e-5f, Communication.BFloat16 => 0.01f, _ => 0.1f };
        Assert.All(undisturbed.Zip(weights), pair => Assert.Equal(pair.First, pair.Second, tolerance * Math.Max(1, Math.Abs(pair.First))));
    }

    [Theory]
    [InlineData(Sharding.None, Communication.BFloat16)]
    [InlineData(Sharding.None, Communication.Int8)]
    [InlineData(Sharding.None, Communication.Int4)]
    [InlineData(Sharding.Optimizer, Communication.BFloat16)]
    [InlineData(Sharding.Optimizer, Communication.Int8)]
    [InlineData(Sharding.Optimizer, Communication.Int4)]
    public void Coded_values_give_all_ranks_the_same_weights_in_every_run_and_going_on_from_a_checkpoint_too(Sharding sharding,
        Communication communication)
    {
        List<NamedTensor> saved = [];
        var half = Together(3, sharding, communication, steps: 10, save: saved);
        var resumed = Together(3, sharding, communication, steps: 10, first: 10, half[0], saved);
        var whole = Together(3, sharding, communication, steps: 20, settleAfter: 10);

        Assert.All(half, w => Assert.Equal(half[0], w));
        Assert.All(whole.Concat(resumed), w => Assert.Equal(whole[0], w));
    }

    [Theory]
    [InlineData(Communication.BFloat16, 4.0)]
    [InlineData(Communication.Int8, 2.04)]
    [InlineData(Communication.Int4, 1.04)]
    public void A_step_sends_no_more_bytes_than_its_format_needs(Communication communication, double bytesOfBoth)
    {
        var sent = ThreadGang.Run(4, gang =>
        {
            using var job = new Job(gang, Sharding.Optimizer, communication);
            job.Step(0);
            return (job.Updater.BytesSent, job.Elements);
        });

        Assert.All(sent, s => Assert.InRange(s.BytesSent, 0, (bytesOfBoth * s.Elements * 3 / 4 * 1.05) + 1000));
    }

    [Theory]
    [InlineData(Communication.Float32)]
    [InlineData(Communication.Int8)]
    public void A_gradient_that_is_not_finite_is_seen_by_all_and_gone_with_its_step(Communication communication)
    {
        var norms = ThreadGang.Run(3, gang =>
        {
            using var job = new Job(gang, Sharding.Optimizer, communication);
            job.Step(0);
            var bad = job.Step(1, poison: gang.Rank == 2);
            return (bad, good: job.Step(2), finite: job.Weights.All(float.IsFinite));
        });

        Assert.All(norms, n => Assert.False(double.IsFinite(n.bad)));
        Assert.All(norms, n => Assert.True(double.IsFinite(n.good) && n.finite));
    }

    [Fact]
    public void Numbers_of_a_step_become_their_mean_or_the_largest_and_NaN_of_one_rank_is_larger_than_all() =>
        Assert.All(ThreadGang.Run(3, gang =>
        {
            using var job = new Job(gang, Sharding.Optimizer, Communication.Float32, numbers: 5);
            float[] means = [gang.Rank, 7];
            float[] maxima = [-gang.Rank, gang.Rank, gang.Rank == 1 ? float.NaN : 9];
            job.Step(0, means: means, maxima: maxima);
            return (means, maxima);
        }), numbers =>
        {
            Assert.Equal([1, 7], numbers.means);
            Assert.Equal([0, 2, float.NaN], numbers.maxima);
        });

    [Fact]
    public void Autograd_adds_to_the_bucket_itself_and_buckets_leave_before_the_backward_pass_is_over() =>
        Assert.All(ThreadGang.Run(2, gang =>
        {
            using var scope = NewDisposeScope();
            using var model = new Transformer(new ModelSpec { Layers = 4, Width = 32, Heads = 2, ContextLength = 16 }, 256,
                Precision.Float32, KernelKind.Native, seed: 1);
            var counted = new CountingGang(gang);
            using var updater = new GangUpdater(counted, model.NamedParameters, new ParallelismSpec { Sharding = Sharding.Optimizer },
                Decay, Clip, 1, overlaps: true, bucketElements: 20_000);
            var before = model.NamedParameters.Select(p => Address(p.Value.grad!)).ToList();

            updater.LastPassBegins();
            using (var loss = model.Loss(randint(0, 256, [2, 17], dtype: ScalarType.Int64)))
            {
                Transformer.Backward(loss);
            }

            Assert.Equal(before, model.NamedParameters.Select(p => Address(p.Value.grad!)));
            var (early, all) = (updater.Left, updater.Buckets);
            updater.Average(new float[1]);
            Assert.Equal(all, counted.Reduced);
            return (early, all);
        }), left => Assert.InRange(left.early, left.all / 2, left.all - 1));

    private static unsafe nint Address(Tensor tensor) => (nint)TensorMemory.Pointer(tensor);

    private static float[] Alone(int steps)
    {
        using var job = new Job(new SoloGang(), Sharding.None, Communication.Float32);
        for (var step = 0; step < steps; step++)
        {
            job.Step(step);
        }

        return job.Weights;
    }

    private static float[][] Together(int ranks, Sharding sharding, Communication communication, int steps, int first = 0,
        float[]? weights = null, List<NamedTensor>? state = null, List<NamedTensor>? save = null, int settleAfter = -1) =>
        ThreadGang.Run(ranks, gang =>
        {
            using var job = new Job(gang, sharding, communication);
            if (weights is not null)
            {
                job.Restore(weights, state!);
            }

            for (var step = first; step < first + steps; step++)
            {
                if (step == settleAfter)
                {
                    job.Updater.Settle();
                }

                job.Step(step);
            }

            if (save is not null)
            {
                job.Updater.Settle();
                var mine = job.Updater.OwnState.Concat(gang.Rank == 0 ? job.Updater.SharedState : [])
                    .Select(t => t with { Value = t.Value.clone().DetachFromDisposeScope() });
                lock (save)
                {
                    save.AddRange(mine);
                }
            }

            return job.Weights;
        });

    /// <summary>
    /// Weights that are pulled to a random place by gradients that differ from rank to rank, and whose mean does not depend on how many
    /// there are.
    /// </summary>
    private sealed class Job : IDisposable
    {
        private readonly IGang _gang;
        private readonly ParameterFactory _factory = new(seed: 1);
        private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

        public Job(IGang gang, Sharding sharding, Communication communication, int numbers = 1)
        {
            _gang = gang;
            _factory.Normal("a", 1, 50, 40);
            _factory.Constant("b", 1, 33);
            _factory.Normal("c", 1, 70, 50);
            _factory.Constant("d", 0, 3);
            _factory.Normal("e", 1, 129, 31);
            Updater = gang.Size == 1
                ? new LocalUpdater(_factory.Made, Decay, Clip)
                : new GangUpdater(gang, _factory.Made, new ParallelismSpec { Sharding = sharding, Communication = communication }, Decay,
                    Clip, numbers, overlaps: false, BucketElements);
        }

        public IUpdater Updater { get; }

        public int Elements => (int)_factory.Made.Sum(p => p.Value.numel());

        public double PaddedShare =>
            BucketPlan.Divide([.. _factory.Made.Select(p => (p.Value.numel(), p.Decays))], _gang.Size, BucketElements)
                .Sum(p => p.Block) / (double)Elements;

        public float[] Weights => [.. _factory.Made.SelectMany(p => TensorMemory.Span<float>(p.Value).ToArray())];

        public double Step(int step, bool poison = false, float[]? means = null, float[]? maxima = null)
        {
            Updater.LastPassBegins();
            for (var i = 0; i < _factory.Made.Count; i++)
            {
                var parameter = _factory.Made[i].Value;
                using var gradient = Gradient(step, i, parameter);
                using (no_grad())
                {
                    if (parameter.grad is { } place)
                    {
                        place.add_(gradient);
                    }
                    else
                    {
                        parameter.grad = gradient.clone();
                    }
                }
            }

            if (poison)
            {
                TensorMemory.Span<float>(_factory.Made[0].Value.grad!)[7] = float.NaN;
            }

            var norm = Updater.Average(means ?? new float[1], maxima);
            if (double.IsFinite(norm))
            {
                Updater.Update(0.01);
            }

            Updater.Clear();
            return norm;
        }

        public void Restore(float[] weights, List<NamedTensor> state)
        {
            var at = 0;
            foreach (var parameter in _factory.Made)
            {
                var length = (int)parameter.Value.numel();
                weights.AsSpan(at, length).CopyTo(TensorMemory.Span<float>(parameter.Value));
                at += length;
            }

            Updater.Restore([.. state.Where(t => Updater.Wants(t.Name)).Select(t => (t.Name, t.Value))]);
        }

        public void Dispose()
        {
            Updater.Dispose();
            _factory.Dispose();
            _scope.Dispose();
        }

        /// <summary>Rank r of n adds (2r + 1 − n) times the same noise, which adds up to nothing.</summary>
        private Tensor Gradient(int step, int number, Tensor weights)
        {
            using var scope = NewDisposeScope();
            using var generator = new TorchSharp.torch.Generator((ulong)((step * 100) + number));
            using var noGradients = no_grad();
            var pull = weights - randn(weights.shape, generator: generator);
            var noise = randn(weights.shape, generator: generator);
            return (pull + (noise * (0.125 * ((2 * _gang.Rank) + 1 - _gang.Size)))).MoveToOuterDisposeScope();
        }
    }
}
