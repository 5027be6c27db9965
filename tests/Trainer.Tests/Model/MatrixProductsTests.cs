using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Tests.Model;

public sealed class MatrixProductsTests
{
    [Theory]
    [InlineData(null, true, true)]
    [InlineData(null, false, false)]
    [InlineData("", true, true)]
    [InlineData("native", false, true)]
    [InlineData("libtorch", true, false)]
    public void The_faster_ones_are_chosen_unless_somebody_says_which(string? wanted, bool faster, bool native) =>
        Assert.Equal(native, MatrixProducts.Choose(wanted, faster));

    [Fact]
    public void A_name_that_is_none_is_refused() =>
        Assert.Contains("expected native or libtorch, got 'mkl'", Assert.Throws<TrainerException>(() => MatrixProducts.Choose("mkl", true)).Message, StringComparison.Ordinal);
}
