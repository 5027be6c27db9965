using MhcOperator.Api.Contract;

namespace Api.Tests.Contract;

public sealed class RestartOrderTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        var text = RestartOrder.Render(
            [new("MHC_ATTEMPT", "7"), new("MHC_SKIP_WINDOWS", ""), new("MHC_RESUME_STEP", "latest"), new("MHC_CONFIG_SHA256", "ab")]);

        var order = RestartOrder.Parse(text)!;

        Assert.Equal((7, "ab"), (order.Attempt, order.ConfigurationHash));
        Assert.Equal(("", "latest"), (order.Environment["MHC_SKIP_WINDOWS"], order.Environment["MHC_RESUME_STEP"]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("MHC_ATTEMPT=")]
    [InlineData("MHC_ATTEMPT=-1\n")]
    [InlineData("MHC_RESUME_STEP=4\n")]
    [InlineData("=3\nMHC_ATTEMPT\n")]
    public void What_names_no_attempt_is_no_order(string? text) => Assert.Null(RestartOrder.Parse(text));
}
