using System.CommandLine;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Training;

if (OpenFileLimit.Problem() is { } problem)
{
    OpenFileLimit.Say($"mhc-trainer: {problem}");
    TrainCommand.Refuse(args, "TooFewOpenFiles", problem);
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
        return await ProgramLine.InvokeAsync(TrainerCommands.Create(), args, new InvocationConfiguration { EnableDefaultExceptionHandler = false },
            ExitCode.ConfigurationWrong);
    }
    catch (Exception e)
    {
        var failure = e as TrainerException ?? TrainerException.Unforeseen(e, CrashReport.Keep(e, "mhc-trainer"));
        Console.Error.WriteLine(failure.Message);
        return failure.ExitCode;
    }
}
