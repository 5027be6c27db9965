using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Optimization;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Optimization;

public sealed class FusedAdamWTests
{
    private const double Decay = 0.1;

    [Fact]
    public void Updates_follow_the_equations_in_float64()
    {
        using var factory = new ParameterFactory(seed: 1);
        factory.Normal("matrix", 1, 7, 5);
        factory.Normal("vector", 1, 11);
        using var optimizer = new FusedAdamW(factory.Made, Decay);
        var expected = factory.Made.Select(p => new ExactAdamW(TensorMemory.Span<float>(p.Value), p.Decays ? Decay : 0)).ToArray();
        using var random = new Mhc.RandomCase(2);

        for (var step = 1; step <= 10; step++)
        {
            using var scope = NewDisposeScope();
            for (var i = 0; i < expected.Length; i++)
            {
                var gradient = random.Single(Math.Pow(10, -step), factory.Made[i].Value.shape).detach();
                factory.Made[i].Value.grad = gradient;
                expected[i].Step(TensorMemory.Span<float>(gradient), 0.01 * step);
            }

            optimizer.Step(0.01 * step);
        }

        Assert.Equal(10, optimizer.StepCount);
        for (var i = 0; i < expected.Length; i++)
        {
            var actual = TensorMemory.Span<float>(factory.Made[i].Value).ToArray();
            Assert.All(actual.Zip(expected[i].Weights), pair => Assert.Equal(pair.Second, pair.First, 2e-6));
        }
    }

    [Fact]
    public void A_parameter_without_a_gradient_and_one_whose_gradients_are_all_zero_stay_finite()
    {
        using var factory = new ParameterFactory(seed: 1);
        factory.Normal("unused", 1, 3);
        factory.Normal("zero", 1, 3);
        using var optimizer = new FusedAdamW(factory.Made, Decay);
        var before = factory.Made.Select(p => TensorMemory.Span<float>(p.Value).ToArray()).ToList();
        using var gradient = zeros(3);
        factory.Made[1].Value.grad = gradient;

        optimizer.Step(0.1);

        Assert.Equal(before, factory.Made.Select(p => TensorMemory.Span<float>(p.Value).ToArray()));
    }

    [Fact]
    public void A_restored_optimizer_continues_with_the_same_bits()
    {
        using var scope = NewDisposeScope();
        using var first = new ParameterFactory(seed: 3);
        using var second = new ParameterFactory(seed: 3);
        first.Normal("w", 1, 4, 4);
        second.Normal("w", 1, 4, 4);
        using var interrupted = new FusedAdamW(first.Made, Decay);
        using var resumed = new FusedAdamW(second.Made, Decay);
        SetGradient(first, 1);
        interrupted.Step(0.01);

        using (no_grad())
        {
            second.Made[0].Value.copy_(first.Made[0].Value);
        }

        resumed.Restore([.. interrupted.State.Select(s => (s.Name, s.Value.clone()))]);
        foreach (var (factory, optimizer) in new[] { (first, interrupted), (second, resumed) })
        {
            SetGradient(factory, 2);
            optimizer.Step(0.01);
        }

        Assert.Equal(2, resumed.StepCount);
        Assert.Equal(TensorMemory.Span<float>(first.Made[0].Value).ToArray(), TensorMemory.Span<float>(second.Made[0].Value).ToArray());
    }

    [Fact]
    public void State_that_does_not_fit_is_refused_by_name_and_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var factory = new ParameterFactory(seed: 3);
        factory.Normal("w", 1, 4);
        using var optimizer = new FusedAdamW(factory.Made, Decay);
        SetGradient(factory, 1);
        optimizer.Step(0.01);
        var before = TensorMemory.Span<float>(optimizer.State[0].Value).ToArray();

        var missing = Assert.Throws<ArgumentException>(() => optimizer.Restore([("exp_avg.w", zeros(4))]));
        var unknown = Assert.Throws<ArgumentException>(() => optimizer.Restore([.. optimizer.State, ("exp_avg.other", zeros(4))]));
        var shape = Assert.Throws<ArgumentException>(
            () => optimizer.Restore([("exp_avg.w", zeros(4)), ("exp_avg_sq.w", zeros(5)), ("step", zeros([]))]));

        Assert.Contains("exp_avg_sq.w must have shape [4]; it is missing", missing.Message, StringComparison.Ordinal);
        Assert.Contains("exp_avg.other", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("it is [5]", shape.Message, StringComparison.Ordinal);
        Assert.Equal(before, TensorMemory.Span<float>(optimizer.State[0].Value).ToArray());
    }

    [Fact]
    public void Zeroing_drops_every_gradient()
    {
        using var scope = NewDisposeScope();
        using var factory = new ParameterFactory(seed: 3);
        factory.Normal("w", 1, 4);
        using var optimizer = new FusedAdamW(factory.Made, Decay);
        SetGradient(factory, 1);

        optimizer.ZeroGradients();

        Assert.Null(factory.Made[0].Value.grad);
    }

    private static void SetGradient(ParameterFactory factory, int seed)
    {
        using var random = new Mhc.RandomCase(seed);
        foreach (var parameter in factory.Made)
        {
            parameter.Value.grad = random.Single(1, parameter.Value.shape).detach();
        }
    }
}
