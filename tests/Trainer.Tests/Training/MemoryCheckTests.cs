using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class MemoryCheckTests
{
    [Fact]
    public void A_model_that_cannot_fit_is_refused_with_what_it_needs_and_what_there_is()
    {
        var sizes = new ModelDimensions(new ModelSpec { Layers = 1024, Width = 131072, Heads = 1024, FeedForwardWidth = 1 << 20 }, 1 << 24);

        var error = Assert.Throws<TrainerException>(() => new MemoryCheck(24L << 30).Model(sizes, ranks: 1));

        Assert.Equal((ExitCode.ConfigurationWrong, "NotEnoughMemory"), (error.ExitCode, error.Reason));
        Assert.StartsWith(
            "spec.model: 494,780,232 million parameters, with gradients and the optimizer's state, need at least 7,372,800.0 GiB of memory, and this machine or container has 24.0; ",
            error.Message, StringComparison.Ordinal);
    }

    // 4 × 64² + 3 × 64 × 192 + 192 × 64 = 65,536 parameters.
    [Theory]
    [InlineData(1, 1024, true)]
    [InlineData(1, 1023, false)]
    [InlineData(4, 640, true)]
    [InlineData(4, 639, false)]
    public void A_parameter_counts_with_its_gradient_and_this_ranks_part_of_the_optimizers_state(int ranks, int kibibytes, bool fits)
    {
        var sizes = new ModelDimensions(new ModelSpec { Layers = 1, Width = 64, Heads = 1, FeedForwardWidth = 192 }, 192);

        Assert.Equal(fits, Record.Exception(() => new MemoryCheck(kibibytes * 1024L).Model(sizes, ranks)) is null);
    }

    [Fact]
    public void Activations_that_cannot_fit_name_the_field_that_makes_them_fewer()
    {
        var error = Assert.Throws<TrainerException>(() => new MemoryCheck(1L << 30).Activations(3L << 30));

        Assert.StartsWith(
            "spec.optimization.microBatchTokens: the activations of one forward pass need about 3.0 GiB of memory, and this machine or container has 1.0; ", error.Message, StringComparison.Ordinal);
        new MemoryCheck(1L << 30).Activations(1L << 30);
        new MemoryCheck(null).Activations(long.MaxValue);
    }

    [Theory]
    [InlineData("max", null, 3072)]
    [InlineData("1024\n", null, 1024)]
    [InlineData(null, "2048", 2048)]
    [InlineData(null, "9223372036854771712", 3072)]
    [InlineData(null, null, 3072)]
    public void The_least_of_machine_and_control_group_is_what_there_is(string? version2, string? version1, long expected) =>
        Assert.Equal(expected, MachineMemory.Bytes(path => path switch
        {
            "/proc/meminfo" => "MemTotal:              2 kB\nMemFree: 1 kB\nSwapTotal:    1 kB\n",
            "/sys/fs/cgroup/memory.max" => version2,
            _ => version1,
        }));

    [Fact]
    public void Where_the_system_says_nothing_nothing_is_known() => Assert.Null(MachineMemory.Bytes(_ => null));
}
