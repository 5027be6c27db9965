using MhcOperator.Api.Contract;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Training;

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

return await ProgramLine.InvokeAsync(TrainerCommands.Create(), args, new System.CommandLine.InvocationConfiguration(),
    ExitCode.ConfigurationWrong);
