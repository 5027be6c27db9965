using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Tests.Terminal;

public sealed class FiguresTests
{
    [Theory]
    [InlineData(0, "0.0 s")]
    [InlineData(99.94, "99.9 s")]
    [InlineData(245, "4:05")]
    [InlineData(3845, "1:04:05")]
    public void Times_read_well_at_every_length(double seconds, string expected) =>
        Assert.Equal(expected, Figures.Time(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(13_000_000, "12.4 MiB")]
    public void Sizes_have_binary_units(long bytes, string expected) => Assert.Equal(expected, Figures.Size(bytes));

    [Theory]
    [InlineData(1.6, "1.60")]
    [InlineData(99999.9, "99999.90")]
    [InlineData(1234567.0, "1.2e6")]
    [InlineData(null, "—")]
    public void Large_figures_stay_short(double? value, string expected) => Assert.Equal(expected, Figures.Short(value));
}
