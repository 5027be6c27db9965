using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Stability;

namespace MhcOperator.Trainer.Tests.Stability;

public sealed class VerdictBuilderTests
{
    private static readonly Finding Spike =
        new(FindingLevel.Confirmed, "LossSpike", "loss 9",
        new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = 9, ["ratio"] = double.NaN });

    [Theory]
    [InlineData(195, 204, 8, 187, 212)]
    [InlineData(3, 5, 8, 0, 13)]
    [InlineData(10, 10, 0, 10, 10)]
    public void Bad_data_reaches_from_before_the_onset_to_after_the_detection(long onset, long detected, int margin, long first, long last)
    {
        var verdict = Build((150, onset), new StepObservation(160, detected, 9, 1, null, null), margin, []);

        Assert.Equal(new DataWindow(first, last), verdict.BadData);
    }

    [Fact]
    public void No_data_are_skipped_where_the_surest_finding_is_no_fault_of_theirs()
    {
        var broken = Spike with { Level = FindingLevel.Certain, Reason = "GapExceeded", SparesData = true };
        var detected = new StepObservation(160, 204, 9, 1, null, null);

        Assert.Null(Build((150, 195), detected, 8, [100], broken, Spike).BadData);
        Assert.NotNull(Build((150, 195), detected, 8, [100], Spike, broken).BadData);
    }

    [Theory]
    [InlineData(150, new[] { 50, 100, 149, 150, 200 }, 149)]
    [InlineData(150, new[] { 150 }, 0)]
    [InlineData(150, new int[0], 0)]
    public void The_restore_step_is_the_newest_verified_one_before_the_onset(int onset, int[] verified, int restore)
    {
        var verdict = Build((onset, 1), new StepObservation(160, 5, 9, 1, null, null), 8, verified);

        Assert.Equal(restore, verdict.RestoreStep);
        Assert.Equal(onset, verdict.OnsetStep);
        Assert.Equal(160, verdict.DetectedStep);
    }

    [Fact]
    public void Evidence_has_no_value_that_JSON_cannot_hold()
    {
        var verdict = Build((1, 1), new StepObservation(2, 2, 9, 1, null, null), 8, []);

        Assert.Equal(["loss"], verdict.Evidence.Keys);
        Assert.Equal("LossSpike", verdict.Reason);
    }

    private static Verdict Build((int, long) onset, StepObservation detected, int margin, int[] verified, params Finding[] findings) =>
        VerdictBuilder.Build(
            new StabilityReport(StabilityState.Unstable, false, findings.Length == 0 ? [Spike] : findings, [], onset), detected,
            new RollbackPolicy { SkipBatches = margin }, verified);
}
