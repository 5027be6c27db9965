using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Stability;

/// <summary>
/// A residual mapping of mHC that is not doubly stochastic. Rows are divided by their sums last, so that only rounding is left of them: a
/// row that is off is a broken projection, whatever else is seen (Megatron-LM PR 6172). Columns are off by what the iterations have left,
/// with which networks train well, so that those make worse what another detector finds and are nothing by themselves.
/// </summary>
internal sealed class GapDetector(GapPolicy policy) : IDetector
{
    private volatile bool _measured; // asked for from another thread
    private int _inARow;
    private Finding _last = Finding.None;

    /// <inheritdoc/>
    public Finding Observe(in StepObservation step)
    {
        if (step.Gap is not { } gap)
        {
            // Between two measurements the last one stands, but it cannot count again.
            return _last.AtMost(FindingLevel.Suspicious);
        }

        _measured = true;
        // NaN is over every limit.
        if (gap.Row < policy.RowThreshold && gap.Column < policy.ColumnThreshold)
        {
            _inARow = 0;
            _last = Finding.None;
            return _last;
        }

        _inARow++;
        var finite = double.IsFinite(gap.Row) && double.IsFinite(gap.Column);
        var broken = finite && gap.Row >= policy.RowThreshold;
        var lasts = _inARow >= policy.Patience;
        _last = new Finding(
            broken ? FindingLevel.Certain : !lasts ? FindingLevel.Suspicious : finite ? FindingLevel.Confirmed : FindingLevel.Certain,
            EndReason.GapExceeded,
            string.Create(
                CultureInfo.InvariantCulture,
                $"residual mappings are not doubly stochastic: a row's sum is {gap.Row:G4} off 1, a column's {gap.Column:G4}{Judged(broken)}"),
            new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["gapRow"] = gap.Row,
                ["gapColumn"] = gap.Column,
                ["gapRowThreshold"] = policy.RowThreshold,
                ["gapColumnThreshold"] = policy.ColumnThreshold,
            })
        {
            NeedsCompany = finite && !broken,
            WeightsDecide = finite && !broken && lasts,
            SparesData = broken,
        };
        return _last;
    }

    /// <inheritdoc/>
    public void Limit(IDictionary<string, double> limits)
    {
        // Other residual paths than mHC have no gap.
        if (_measured)
        {
            (limits["gapRow"], limits["gapColumn"]) = (policy.RowThreshold, policy.ColumnThreshold);
        }
    }

    private string Judged(bool broken) => broken
        ? string.Create(CultureInfo.InvariantCulture, $" (threshold of rows {policy.RowThreshold:G4}): the projection is broken")
        : string.Create(
            CultureInfo.InvariantCulture,
            $", {_inARow} measurements in a row (threshold of columns {policy.ColumnThreshold:G4}, patience {policy.Patience})");
}
