using System.Globalization;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Interop;

/// <summary>What the kernel does is its own affair: here it must have huge pages to give, and collapse on demand.</summary>
public sealed class HugePagesTests
{
    private static bool Collapses => !HugePages.SystemSetting.Contains("[never]", StringComparison.Ordinal) && Environment.OSVersion.Version >= new Version(6, 1);

    [Fact]
    public void A_trainer_lays_its_heap_on_huge_pages_where_the_system_has_them()
    {
        var bytes = MebibytesOf(Bench(""));
        Assert.Equal(Collapses, bytes > 0);
    }

    [Fact]
    public void A_trainer_leaves_pages_alone_when_it_is_told_to()
    {
        var bytes = MebibytesOf(Bench("off"));
        Assert.True(bytes == 0 || HugePages.SystemSetting.Contains("[always]", StringComparison.Ordinal), $"{bytes} MiB on huge pages");
    }

    [Fact]
    public void A_step_of_training_is_enough()
    {
        using var job = new TestJob();
        job.Configuration.Optimization.Steps = 100_000;
        using var rank = job.Start(0, 1, TestJob.FreePort(), (HugePages.Variable, ""), ("LD_PRELOAD", ""), (Allocator.Variable, ""));
        rank.WaitUntil(() => job.Trained().Count >= 2); // it has taken one
        Assert.Equal(Collapses, rank.OnHugePages > 0);
    }

    [Fact]
    public void A_system_that_does_not_say_has_none() => Assert.Equal(0, HugePages.BytesOf("no-such-process"));

    private static string Bench(string wish)
    {
        string[] arguments = ["bench", "--layers", "2", "--width", "128", "--heads", "4", "--context", "128", "--batch-tokens", "1024", "--rounds", "5", "--warm-up", "0", "--variants", "mhc"];
        using var bench = TrainerProcess.Start(TrainerProcess.Program, arguments, new Dictionary<string, string>(StringComparer.Ordinal) { [HugePages.Variable] = wish, [Allocator.Variable] = "", ["LD_PRELOAD"] = "" });
        Assert.True(bench.Wait() == 0, bench.Output);
        return bench.Output;
    }

    private static int MebibytesOf(string output) =>
        int.Parse(output.Split("memory from tcmalloc with ")[1].Split(" MiB on huge pages")[0], CultureInfo.InvariantCulture);
}
