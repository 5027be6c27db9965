using MhcOperator.Trainer.Mhc;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Mhc;

public sealed class CompositeGainTests
{
    [Fact]
    public void The_gain_is_that_of_the_product_of_the_mappings_averaged_over_tokens()
    {
        using var scope = NewDisposeScope();
        using var gain = new CompositeGain();

        gain.Add(tensor([1f, 2, 0, 1, 1, 0, 0, 1], [2, 2, 2]));
        gain.Add(tensor([1f, 0, -3, 1, 1, 0, 0, 1], [2, 2, 2]));
        var measured = gain.Measure();

        // Token 0: [[1, 0], [-3, 1]] · [[1, 2], [0, 1]] = [[1, 2], [-3, -5]], rows 3 and -8, columns -2 and -3. Token 1: identity.
        Assert.NotNull(measured);
        Assert.Equal((8.0 + 1) / 2, measured.Forward, 1e-6);
        Assert.Equal((3.0 + 1) / 2, measured.Backward, 1e-6);
    }

    [Fact]
    public void Without_mappings_there_is_no_gain()
    {
        using var gain = new CompositeGain();

        Assert.Null(gain.Measure());
    }
}
