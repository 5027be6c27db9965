using MhcOperator.Api;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Kernels;

namespace MhcOperator.Trainer.Tests.Kernels;

public sealed class MatrixProductsTests
{
    [Theory]
    [InlineData(null, Precision.Float32, "avx512", true, true)]
    [InlineData(null, Precision.Float32, "avx512_bf16", true, true)]
    [InlineData("", Precision.Float32, "avx512", false, false)]
    [InlineData(null, Precision.Float32, "avx2", true, true)]
    [InlineData(null, Precision.Float32, "plain", true, false)]
    [InlineData(null, Precision.BFloat16, "avx512_bf16", true, true)]
    [InlineData(null, Precision.BFloat16, "avx512", true, true)]
    [InlineData(null, Precision.BFloat16, "avx512", false, true)]
    [InlineData(null, Precision.BFloat16, "avx2", false, true)]
    [InlineData(null, Precision.Float32, "avx2", false, false)]
    [InlineData(null, Precision.BFloat16, "avx512_bf16", false, false)]
    [InlineData("native", Precision.BFloat16, "plain", false, true)]
    [InlineData("libtorch", Precision.Float32, "avx512", true, false)]
    public void The_faster_ones_are_chosen_unless_somebody_says_which(string? wanted, Precision precision, string instructions, bool amd,
        bool native) =>
        Assert.Equal(native, MatrixProducts.Choose(wanted, precision, instructions, amd));

    [Fact]
    public void A_name_that_is_none_is_refused() => Assert.Contains(
        "expected native or libtorch, got 'mkl'",
        Assert.Throws<TrainerException>(() => MatrixProducts.Choose("mkl", Precision.Float32, "avx512", true)).Message,
        StringComparison.Ordinal);
}
