using System.Numerics;
using MhcOperator.Trainer.Kernels;

namespace MhcOperator.Trainer.Tests.Kernels;

public sealed class ExponentialTests
{
    [Fact]
    public void It_is_within_three_parts_in_ten_million_of_the_true_value_from_minus_87_to_88()
    {
        for (var x = -87f; x <= 88; x += 0.0137f)
        {
            var (actual, expected) = (Exponential.Of(new Vector<float>(x))[0], Math.Exp(x));
            Assert.True(Math.Abs(actual - expected) <= 3e-7 * expected, $"e^{x}: {actual:g9}, not {expected:g9}");
        }
    }

    [Theory]
    [InlineData(float.NegativeInfinity, -87f)]
    [InlineData(-1000f, -87f)]
    [InlineData(1000f, 88f)]
    [InlineData(float.PositiveInfinity, 88f)]
    public void Beyond_these_it_is_that_of_the_bound(float x, float bound) =>
        Assert.Equal(Exponential.Of(new Vector<float>(bound)), Exponential.Of(new Vector<float>(x)));

    [Fact]
    public void Of_not_a_number_it_is_none() => Assert.True(float.IsNaN(Exponential.Of(new Vector<float>(float.NaN))[0]));
}
