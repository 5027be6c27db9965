using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Data;

/// <summary>Data steps that are not trained on.</summary>
/// <param name="windows">In any order; they may overlap.</param>
internal sealed class SkipWindows(IReadOnlyList<DataWindow> windows)
{
    /// <summary>The first data step from <paramref name="dataStep"/> on that is trained on.</summary>
    public long Next(long dataStep)
    {
        // A window that was left may be left into another one: look until none holds the step.
        while (true)
        {
            var covering = windows.Where(w => w.Contains(dataStep)).ToList();
            if (covering.Count == 0)
            {
                return dataStep;
            }

            dataStep = covering.Max(w => w.Last) + 1;
        }
    }
}
