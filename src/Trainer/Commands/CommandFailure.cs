using System.CommandLine;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Commands;

/// <summary>How a command for people fails: its message on standard error, and the exit code that training would have.</summary>
internal static class CommandFailure
{
    /// <summary>Runs a command.</summary>
    /// <returns>Its exit code.</returns>
    public static int Catch(InvocationConfiguration console, Action run)
    {
        try
        {
            run();
            return 0;
        }
        catch (TrainerException e)
        {
            console.Error.WriteLine(e.Message);
            return e.ExitCode;
        }
    }
}
