using System.CommandLine;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Interop;

if (Surroundings.Problem() is (var reason, var words))
{
    Surroundings.Say($"mhc-trainer: {words}");
    TrainCommand.Refuse(args, reason, words);
    return ExitCode.ConfigurationWrong;
}

return await RunAsync(args);

// A method of its own: what it needs of other libraries is loaded when it is called.
static async Task<int> RunAsync(string[] args)
{
    try
    {
        // A program that is supervised has its own wishes.
        if (args is not [SuperviseCommand.Name, ..])
        {
            ThreadWaiting.Choose();
            Allocator.Choose();
        }
    }
    catch (TrainerException e)
    {
        Console.Error.WriteLine(e.Message);
        return e.ExitCode;
    }

    try
    {
        var console = new InvocationConfiguration { Output = OutputWriter.Around(Console.Out), EnableDefaultExceptionHandler = false };
        return await ProgramLine.InvokeAsync(TrainerCommands.Create(), args, console, ExitCode.ConfigurationWrong);
    }
    catch (OutputException e)
    {
        Surroundings.Say($"mhc-trainer: the output cannot be written: {e.Message}");
        return ExitCode.TryAgain;
    }
    catch (Exception e)
    {
        var failure = e as TrainerException ?? TrainerException.Unforeseen(e, CrashReport.Keep(e, "mhc-trainer"));
        Surroundings.Say(failure.Message);
        return failure.ExitCode;
    }
}
