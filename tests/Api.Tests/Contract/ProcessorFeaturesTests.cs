using MhcOperator.Api.Contract;

namespace Api.Tests.Contract;

public sealed class ProcessorFeaturesTests
{
    [Theory]
    [InlineData("processor\t: 0\nflags\t\t: fpu avx2 avx512f\nbugs\t\t:\n", false)]
    [InlineData("processor\t: 0\nflags\t\t: fpu avx512_bf16\n", true)]
    [InlineData("flags : amx_bf16 amx_tile", true)]
    [InlineData("flags : amx_tile bf16ish\nbugs : avx512_bf16\n", false)]
    [InlineData("Features\t: fp asimd bf16\n", true)]
    [InlineData("Features\t: fp asimd\n", false)]
    [InlineData("", true)]
    public void Instructions_for_bfloat16_are_read_from_the_features(string processor, bool has) =>
        Assert.Equal(has, ProcessorFeatures.HasBFloat16(processor));
}
