using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Stability;

namespace MhcOperator.Trainer.Tests.Stability;

public sealed class GapDetectorTests
{
    private static readonly GapStatus Good = new() { Row = 3e-7, Column = 0.02 };
    private static readonly GapStatus BrokenRow = new() { Row = 0.02, Column = 0.02 };

    private readonly GapPolicy _policy = new() { RowThreshold = 0.01, ColumnThreshold = 2, Patience = 2 };

    [Fact]
    public void A_gap_under_both_thresholds_is_ordinary() => Assert.Equal(Finding.None, Observe(Good)[0]);

    [Fact]
    public void A_row_that_is_off_is_certain_at_once_and_needs_no_company_and_no_patience()
    {
        var found = Observe(BrokenRow)[0];

        Assert.Equal((FindingLevel.Certain, "GapExceeded"), (found.Level, found.Reason));
        Assert.False(found.NeedsCompany || found.WeightsDecide);
        Assert.True(found.SparesData);
        Assert.Equal(
            "residual mappings are not doubly stochastic: a row's sum is 0.02 off 1, a column's 0.02 (threshold of rows 0.01): the projection is broken", found.Message);
        Assert.Equal((0.02, 0.02, 0.01, 2),
            (found.Evidence["gapRow"], found.Evidence["gapColumn"], found.Evidence["gapRowThreshold"],
                found.Evidence["gapColumnThreshold"]));
    }

    [Fact]
    public void Columns_count_by_measurements_and_only_beside_what_another_detector_finds()
    {
        var found = Observe(BadColumn(), null, BadColumn(), null, Good);

        Assert.Equal(
            [FindingLevel.Suspicious, FindingLevel.Suspicious, FindingLevel.Confirmed, FindingLevel.Suspicious, FindingLevel.Ordinary],
            found.Select(f => f.Level));
        Assert.All(found.SkipLast(1), f => Assert.True(f.NeedsCompany && !f.SparesData));
        Assert.True(found[2].WeightsDecide);
        Assert.EndsWith("a column's 2.5, 2 measurements in a row (threshold of columns 2, patience 2)", found[2].Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_are_off_for_ever_beside_healthy_losses_are_noted_and_training_is_healthy()
    {
        var monitor = new StabilityMonitor(new StabilitySpec { Gap = _policy });

        var reports = Enumerable.Range(1, 300)
            .Select(
                step => monitor.Observe(Series.Step(step, gap: step % 10 == 1 ? BadColumn() : null),
                    _ => throw new InvalidOperationException("asked")))
            .ToList();

        Assert.All(reports, r => Assert.Equal(StabilityState.Healthy, r.State));
        Assert.All(reports, r => Assert.Equal("GapExceeded", Assert.Single(r.Notes).Reason));
    }

    [Fact]
    public void A_broken_row_that_is_only_observed_stays_suspicious_until_a_measurement_is_well()
    {
        var monitor = new StabilityMonitor(new StabilitySpec { Gap = _policy });

        var states = new[] { BrokenRow, null, null, Good }.Select((gap, i) => monitor.Observe(Series.Step(i + 1, gap: gap)).State);

        Assert.Equal([StabilityState.Unstable, StabilityState.Suspicious, StabilityState.Suspicious, StabilityState.Healthy], states);
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(0, double.NaN)]
    [InlineData(double.PositiveInfinity, double.NaN)]
    public void A_gap_that_is_not_finite_is_over_every_limit_and_certain_after_the_patience(double row, double column)
    {
        var gap = new GapStatus { Row = row, Column = column };

        var found = Observe(gap, gap);

        Assert.Equal([FindingLevel.Suspicious, FindingLevel.Certain], found.Select(f => f.Level));
        Assert.All(found, f => Assert.False(f.NeedsCompany));
    }

    [Fact]
    public void Both_limits_are_told_from_the_first_measurement_on_which_only_mHC_has()
    {
        var monitor = new StabilityMonitor(new StabilitySpec { Gap = _policy });

        monitor.Observe(Series.Step(1));
        Assert.DoesNotContain(monitor.Limits.Keys, name => name.StartsWith("gap", StringComparison.Ordinal));

        monitor.Observe(Series.Step(2, gap: Good));
        Assert.Equal((0.01, 2.0), (monitor.Limits["gapRow"], monitor.Limits["gapColumn"]));
    }

    private static GapStatus BadColumn() => new() { Row = 3e-7, Column = 2.5 };

    private List<Finding> Observe(params GapStatus?[] gaps)
    {
        var detector = new GapDetector(_policy);
        return [.. gaps.Select((gap, i) => detector.Observe(Series.Step(i + 1, gap: gap)))];
    }
}
