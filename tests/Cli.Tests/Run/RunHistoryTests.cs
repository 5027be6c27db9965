using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Cli.Run;

namespace MhcOperator.Cli.Tests.Run;

public sealed class RunHistoryTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_rollback_ends_its_attempt_and_knows_the_loss_before_and_at_its_worst()
    {
        var history = new RunHistory();
        history.Note(Start, Job(attempt: 1));
        foreach (var (step, loss) in new[] { (1, 5.5), (20, 3.0), (21, 7.0), (22, 9.0), (23, 8.0) })
        {
            history.Note(new TrainerStatus { Attempt = 1, FirstStep = 1, Step = step, Loss = loss });
        }

        var rollback = new RollbackRecord { Attempt = 1, Reason = "LossSpike", OnsetStep = 21, DetectedStep = 23, RestoredStep = 10 };
        var added = history.Note(Start.AddSeconds(8), Job(attempt: 2, rollbacks: [rollback]));
        history.Note(new TrainerStatus { Attempt = 2, Step = 10, Loss = 3.5 });
        history.Note(new TrainerStatus { Attempt = 2, FirstStep = 11, Step = 39, Loss = 2.0 });
        history.Note(Start.AddSeconds(20), Job(attempt: 2, rollbacks: [rollback], condition: ConditionTypes.Succeeded));

        Assert.Equal(rollback, Assert.Single(added));
        Assert.Equal(((20, 3.0), (22, 9.0)), history.LossAround(rollback));
        Assert.Collection(
            history.Attempts,
            a => Assert.Equal((1, "unstable: LossSpike", 1, 23, 8.0),
                (a.Number, a.Result, a.FirstStep, a.LastStep, (a.EndedAt!.Value - a.StartedAt).TotalSeconds)),
            a => Assert.Equal((2, "succeeded", 11, 40, 12.0),
                (a.Number, a.Result, a.FirstStep, a.LastStep, (a.EndedAt!.Value - a.StartedAt).TotalSeconds)));
        Assert.Equal((1, 5.5), history.StartLoss);
        Assert.Equal((39, 2.0), history.FinalLoss);
    }

    [Fact]
    public void Rollbacks_of_an_earlier_run_are_not_told_again()
    {
        var history = new RunHistory();
        var earlier = new RollbackRecord { Attempt = 1 };
        history.Begin(Job(attempt: 2, rollbacks: [earlier], restarts: 1));

        Assert.Empty(history.Note(Start, Job(attempt: 3, rollbacks: [earlier], restarts: 1)));
        Assert.Equal((3, null), (Assert.Single(history.Attempts).Number, history.Attempts[0].Result));
    }

    [Fact]
    public void An_attempt_that_was_over_before_the_first_status_is_told_with_its_end()
    {
        var history = new RunHistory();
        history.Begin(Job(attempt: 0) with { Status = null });

        Assert.Single(history.Note(Start, Job(attempt: 2, rollbacks: [new RollbackRecord { Attempt = 1, Reason = "LossSpike" }])));
        Assert.Equal([(1, "unstable: LossSpike"), (2, null)], history.Attempts.Select(a => (a.Number, a.Result)));
    }

    [Fact]
    public void A_restart_ends_the_attempt_before_it()
    {
        var history = new RunHistory();
        history.Note(Start, Job(attempt: 1));
        history.Note(Start.AddSeconds(5), Job(attempt: 2, restarts: 1));

        Assert.Equal("lost a worker", history.Attempts[0].Result);
        Assert.Null(history.Attempts[1].Result);
    }

    private static MhcTrainingJob Job(int attempt, IReadOnlyList<RollbackRecord>? rollbacks = null, int restarts = 0,
        string? condition = null) => new()
        {
            Metadata = new V1ObjectMeta { Name = "small" },
            Spec = new MhcTrainingJobSpec { Optimization = new OptimizationSpec { Steps = 40 } },
            Status = new MhcTrainingJobStatus
            {
                Attempt = attempt,
                Rollbacks = rollbacks ?? [],
                Restarts = restarts,
                Conditions = condition is null ? [] : [new V1Condition { Type = condition, Status = "True" }],
            },
        };
}
