using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Optimization;
using MhcOperator.Trainer.State;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Optimization;

public sealed class GradientClippingTests
{
    [Fact]
    public void The_norm_is_that_of_all_gradients_together_and_missing_ones_count_as_zero()
    {
        using var scope = NewDisposeScope();
        using var factory = With([3f], [4f, 12f], null);

        Assert.Equal(13, GradientClipping.Clip(factory.Made, limit: 0), 1e-12);
        Assert.Equal(3, factory.Made[0].Value.grad!.ToSingle());
    }

    [Fact]
    public void Larger_gradients_are_scaled_down_to_the_limit_and_smaller_ones_left()
    {
        using var scope = NewDisposeScope();
        using var factory = With([3f], [4f, 12f], null);

        Assert.Equal(13, GradientClipping.Clip(factory.Made, limit: 1), 1e-12);
        Assert.Equal(1, GradientClipping.Norm(factory.Made), 1e-6);
        Assert.Equal(3f / 13, factory.Made[0].Value.grad!.ToSingle(), 1e-6f);
        Assert.Equal(1, GradientClipping.Clip(factory.Made, limit: 2), 1e-6);
        Assert.Equal(1, GradientClipping.Norm(factory.Made), 1e-6);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_norm_that_is_not_finite_is_reported_and_nothing_is_scaled(float bad)
    {
        using var scope = NewDisposeScope();
        using var factory = With([bad], [4f, 12f], null);

        Assert.False(double.IsFinite(GradientClipping.Clip(factory.Made, limit: 1)));
        Assert.Equal(new float[] { 4, 12 }, TensorMemory.Span<float>(factory.Made[1].Value.grad!).ToArray());
    }

    [Fact]
    public void Squares_that_float32_cannot_hold_are_summed_in_float64() =>
        Assert.Equal(17e60, GradientClipping.SumOfSquares(Enumerable.Repeat(1e30f, 17).ToArray()), 1e55);

    private static ParameterFactory With(params float[]?[] gradients)
    {
        var factory = new ParameterFactory(seed: 1);
        foreach (var (gradient, i) in gradients.Select((g, i) => (g, i)))
        {
            var parameter = factory.Normal($"p{i}", 1, gradient?.Length ?? 2);
            parameter.grad = gradient is null ? null : tensor(gradient);
        }

        return factory;
    }
}
