using MhcOperator.Api.Contract;

namespace Api.Tests.Contract;

public sealed class EnvironmentTextTests
{
    [Fact]
    public void A_flag_that_is_written_is_read()
    {
        Assert.True(EnvironmentFlag.Parse(EnvironmentFlag.Render(true)));
        Assert.False(EnvironmentFlag.Parse(EnvironmentFlag.Render(false)));
        Assert.False(EnvironmentFlag.Parse(null));
        Assert.Null(EnvironmentFlag.Parse("True"));
    }

    [Fact]
    public void Windows_that_are_written_are_read() =>
        Assert.Equal([new DataWindow(45, 55), new DataWindow(115, 121)],
            DataWindow.ParseList(DataWindow.FormatList(["45-55", "", "115-121"])));
}
