using System.Runtime.InteropServices;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Telemetry;

namespace MhcOperator.Trainer.Training;

/// <summary>Reports how the process ends, once, whichever thread comes first.</summary>
/// <param name="path">Of the termination message.</param>
/// <param name="printer">For people.</param>
internal sealed partial class LastWords(string path, ProgressPrinter printer)
{
    private readonly Lock _turn = new();
    private int? _said;

    /// <summary>Reports a failure, unless one has been reported, and returns the exit code of the one that was.</summary>
    public int Say(TrainerException failure)
    {
        lock (_turn)
        {
            if (_said is null)
            {
                printer.Line($"{failure.Reason}: {failure.Message} (exit code {failure.ExitCode})");
                TerminationReport.Write(path, TerminationReport.Render(failure), printer.Line);
                _said = failure.ExitCode;
            }

            return _said.Value;
        }
    }

    /// <summary>
    /// Reports a failure and ends the process, whatever its other threads are doing. The C library's destructors are left out: libtorch's
    /// would free what a thread in the middle of a step is using.
    /// </summary>
    public void SayAndEnd(TrainerException failure) => End(Say(failure));

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void End(int code);
}
