using System.Diagnostics;
using MhcOperator.Api;

namespace MhcOperator.Trainer.Drills;

/// <summary>The process is gone at once, as after a power cut.</summary>
internal sealed class CrashDrill(DrillSpec spec) : Drill(spec)
{
    /// <inheritdoc/>
    public override void BeforeStep(int step)
    {
        if (step == Spec.Step)
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
            new ManualResetEventSlim().Wait();
        }
    }
}
