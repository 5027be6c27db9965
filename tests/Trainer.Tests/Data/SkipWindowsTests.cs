using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Data;

public sealed class SkipWindowsTests
{
    [Fact]
    public void The_next_step_is_the_first_outside_all_windows() => Properties.ForSeeds(200, random =>
    {
        var windows = Enumerable.Range(0, random.Next(0, 6)).Select(_ =>
        {
            var first = random.Next(0, 60);
            return new DataWindow(first, first + random.Next(0, 20));
        }).ToList();
        var from = random.Next(0, 80);

        var next = new SkipWindows(windows).Next(from);

        Assert.Equal(Enumerable.Range(from, 200).First(s => !windows.Exists(w => w.Contains(s))), next);
    });
}
