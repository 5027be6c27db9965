using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Interop;

public sealed class AllocatorTests
{
    private static readonly string[] SmallBench =
        ["bench", "--layers", "1", "--width", "32", "--heads", "2", "--context", "32", "--batch-tokens", "64", "--rounds", "5", "--warm-up",
        "0", "--variants", "mhc", "--memory"];

    [Theory]
    [InlineData("", "memory from tcmalloc")]
    [InlineData("libc", "memory from libc")]
    public void A_trainer_takes_its_memory_from_where_it_is_told(string wish, string said)
    {
        using var bench = Start(SmallBench, wish);
        Assert.True(bench.Wait() == 0, bench.Output);
        Assert.Contains(said, bench.Output, StringComparison.Ordinal);
        Assert.Matches("peak [1-9][0-9.]* MiB in use", bench.Output);
    }

    [Fact]
    public void What_somebody_else_preloads_is_left_alone()
    {
        using var bench = Start(SmallBench, "", ("LD_PRELOAD", "libm.so.6"));
        Assert.True(bench.Wait() == 0, bench.Output);
        Assert.Contains("memory from libc", bench.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_not_there_is_a_wrong_configuration()
    {
        using var trainer = Start(["--help"], "/no/such.so");
        Assert.Equal(ExitCode.ConfigurationWrong, trainer.Wait());
        Assert.Contains("MHC_ALLOCATOR: expected libc or the path of a library; there is no file /no/such.so", trainer.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_arrive_as_they_were_given()
    {
        string[] strange = ["check", "", "two words", "ü'\"\\*"];
        using var replaced = Start(strange, "");
        using var same = Start(strange, "libc");
        Assert.Equal(same.Wait(), replaced.Wait());
        Assert.Contains("two words", replaced.Output, StringComparison.Ordinal);
        Assert.Equal(Lines(same), Lines(replaced));

        // Two streams in no order.
        static IEnumerable<string> Lines(TrainerProcess process) => process.Output.Split('\n').Order(StringComparer.Ordinal);
    }

    private static TrainerProcess Start(IEnumerable<string> arguments, string wish, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { [Allocator.Variable] = wish, ["LD_PRELOAD"] = "" };
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        return TrainerProcess.Start(TrainerProcess.Program, arguments, environment);
    }
}
