using MhcOperator.Api;
using MhcOperator.Operator.Planning.Policies;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class RestartBudgetTests
{
    [Fact]
    public void Steps_that_the_job_does_not_have_give_nothing_back()
    {
        var status = new MhcTrainingJobStatus
        {
            RestartsUsed = 3,
            RestartedAtStep = 900,
            Progress = new ProgressStatus { Step = 2_000_000_000, TotalSteps = 2_000_000_000 }
        };
        Assert.Equal(2, RestartBudget.Used(status, new RunPolicySpec { RefillAfterSteps = 100 }, steps: 1000));
    }

    private static readonly RunPolicySpec Policy = new() { RefillAfterSteps = 100 };

    private static MhcTrainingJobStatus At(int step, int used, int lastAt) =>
        new() { Restarts = 7, RestartsUsed = used, RestartedAtStep = lastAt, Progress = new ProgressStatus { Step = step } };

    [Theory]
    [InlineData(500, 2, 500, 2)]
    [InlineData(599, 2, 500, 2)]
    [InlineData(600, 2, 500, 1)]
    [InlineData(5000, 2, 500, 0)]
    [InlineData(400, 2, 500, 2)]
    public void Progress_beyond_the_last_failure_gives_restarts_back(int step, int used, int lastAt, int expected) =>
        Assert.Equal(expected, RestartBudget.Used(At(step, used, lastAt), Policy));

    [Fact]
    public void Without_a_record_every_restart_counts() =>
        Assert.Equal(7, RestartBudget.Used(new MhcTrainingJobStatus { Restarts = 7 }, Policy));

    [Fact]
    public void A_failure_before_the_last_one_does_not_make_progress_count_twice()
    {
        var status = At(400, 1, 500);
        Assert.Equal(2, RestartBudget.Take(status, RestartBudget.Used(status, Policy)));
        Assert.Equal((8, 2, 500), (status.Restarts, status.RestartsUsed, status.RestartedAtStep));
    }

    [Fact]
    public void A_job_that_makes_progress_between_its_failures_outlives_its_budget()
    {
        var status = new MhcTrainingJobStatus();
        for (var failure = 1; failure <= 50; failure++)
        {
            status.Progress = new ProgressStatus { Step = failure * 120 };
            Assert.InRange(RestartBudget.Take(status, RestartBudget.Used(status, Policy)), 1, 1);
        }

        Assert.Equal(50, status.Restarts);
    }
}
