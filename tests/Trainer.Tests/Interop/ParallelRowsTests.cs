using MhcOperator.Trainer.Interop;
using TorchSharp;

namespace MhcOperator.Trainer.Tests.Interop;

public sealed class ParallelRowsTests : IDisposable
{
    public ParallelRowsTests() => torch.set_num_threads(2);

    public void Dispose() => torch.set_num_threads(1);

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(1000, 4)]
    public void Every_row_is_visited_once(int rows, int grain)
    {
        var visits = new int[rows];

        ParallelRows.Run(rows, grain, (begin, end) =>
        {
            for (var t = begin; t < end; t++)
            {
                Interlocked.Increment(ref visits[t]);
            }
        });

        Assert.All(visits, count => Assert.Equal(1, count));
    }

    [Fact]
    public void An_exception_in_the_body_reaches_the_caller() =>
        Assert.Equal(
            "row", Assert.Throws<InvalidOperationException>(
                () => ParallelRows.Run(1000, 1, (_, _) => throw new InvalidOperationException("row"))).Message);
}
