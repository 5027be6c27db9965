using System.Diagnostics;
using System.Runtime.InteropServices;
using MhcOperator.Api;

namespace MhcOperator.Trainer.Drills;

/// <summary>The process is gone at once, as after a power cut.</summary>
internal sealed partial class CrashDrill(DrillSpec spec) : Drill(spec)
{
    private const int KilledCode = 137;

    /// <inheritdoc/>
    public override void BeforeStep(int step)
    {
        if (step == Spec.Step)
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
            End(KilledCode); // the first process of a container gets no signal from within (pid_namespaces(7))
        }
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void End(int code);
}
