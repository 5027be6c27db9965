using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class WorldSizeTests
{
    private const int Part = 8;

    [Fact]
    public void A_checkpoint_of_four_ranks_goes_on_with_two_three_and_one_to_the_same_losses()
    {
        using var undisturbed = Job();
        using var changing = Job();
        Train(undisturbed, ranks: 4, until: 4 * Part, attempt: 1);
        undisturbed.CopyCheckpoint(Part, changing);

        var attempt = 1;
        foreach (var ranks in (int[])[2, 3, 1])
        {
            attempt++;
            Train(changing, ranks, until: attempt * Part, attempt);
        }

        Assert.Equal(undisturbed.Trained().Skip(Part), changing.Trained());
        Assert.Equal(3 * Part, changing.Losses().Count);
        Assert.All(undisturbed.Losses().Skip(Part).Zip(changing.Losses()),
            pair => Assert.InRange(pair.Second / pair.First, 1 - 1e-5, 1 + 1e-5));
    }

    private static TestJob Job()
    {
        var job = new TestJob();
        // Twelve sequences: any of these numbers of ranks divides them. Where the run ends must not matter to its steps.
        job.Configuration.Optimization =
            job.Configuration.Optimization with { BatchTokens = 384, Schedule = LearningRateSchedule.Constant };
        job.Configuration.Checkpoints = job.Configuration.Checkpoints with { IntervalSteps = Part, KeepLatest = 4 };
        job.Configuration.Parallelism.Sharding = Sharding.Optimizer;
        return job;
    }

    private static void Train(TestJob job, int ranks, int until, int attempt)
    {
        job.Configuration.Optimization.Steps = until;
        var gang = job.TrainGang(ranks, (TrainerEnvironment.Attempt, attempt.ToString(CultureInfo.InvariantCulture)));
        Assert.All(gang, rank => Assert.True(rank.ExitCode == ExitCode.Done, rank.Output));
    }
}
