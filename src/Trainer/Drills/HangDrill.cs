using MhcOperator.Api;

namespace MhcOperator.Trainer.Drills;

/// <summary>The training thread waits for ever; the process and its status port live on.</summary>
internal sealed class HangDrill(DrillSpec spec) : Drill(spec)
{
    /// <inheritdoc/>
    public override void BeforeStep(int step)
    {
        if (step == Spec.Step)
        {
            new ManualResetEventSlim().Wait();
        }
    }
}
