using MhcOperator.Api;

namespace Api.Tests.Resource;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("+2.5", 2.5)]
    [InlineData("3k", 3e3)]
    [InlineData("3Ki", 3072)]
    [InlineData("1.5Gi", 1.5 * (1 << 30))]
    [InlineData("2M", 2e6)]
    [InlineData("1E", 1e18)]
    [InlineData("1e3", 1e3)]
    [InlineData("12E2", 1.2e3)]
    [InlineData("1Ei", 1152921504606846976.0)]
    public void A_quantity_is_read_with_its_suffix(string text, double expected) => Assert.Equal(expected, Quantity.Read(text));

    [Theory]
    [InlineData("")]
    [InlineData("Gi")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("1 Gi")]
    [InlineData("1ki")]
    [InlineData("1e999")]
    [InlineData("ten")]
    public void What_is_no_positive_quantity_is_refused(string text) =>
        Assert.Contains($"\"{text}\" was given", Assert.Throws<FormatException>(() => Quantity.Read(text)).Message,
            StringComparison.Ordinal);
}
