using System.CommandLine;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Supervision;
using MhcOperator.Trainer.Telemetry;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Commands;

/// <summary><c>mhc-trainer train</c>: one rank of a job, told by its environment what to do.</summary>
internal static class TrainCommand
{
    private const string Name = "train";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var log = new Option<FileInfo?>("--data-log") { Description = "Append one line for each update: step, data step and the samples of the batch (rank 0)." };
        var steps = new Option<FileInfo?>("--step-log") { Description = "Append one line of JSON for each update: step, dataStep, loss, gradientNorm, learningRate (rank 0)." };
        var kernels = KernelsOption.Create();
        var command = new Command(Name, "Train as one rank of a job. The environment says which: see docs/trainer-contract.md.") { log, steps, kernels };
        command.SetAction(result => SupervisorSettings.AreIn(Environment.GetEnvironmentVariable)
            ? SuperviseCommand.SuperviseSelf()
            : Run(new TrainingLogs(result.GetValue(log)?.FullName, result.GetValue(steps)?.FullName), result.GetValue(kernels)));
        return command;
    }

    /// <summary>Leaves a termination message where the command line asks for a rank of a job that cannot even begin.</summary>
    /// <param name="args">The program's.</param>
    /// <param name="reason">CamelCase.</param>
    /// <param name="message">For people.</param>
    public static void Refuse(string[] args, string reason, string message)
    {
        if (args is [Name, ..])
        {
            TerminationReport.Write(TerminationPath, TerminationReport.Render(TrainerException.Configuration(reason, message)), Surroundings.Say);
        }
    }

    private static string TerminationPath =>
        Environment.GetEnvironmentVariable(TrainerEnvironment.TerminationMessagePath) is { Length: > 0 } path ? path : TerminationReport.DefaultPath;

    private static int Run(TrainingLogs logs, KernelKind kernels)
    {
        var time = TimeProvider.System;
        var printer = new ProgressPrinter(Console.Out, !Console.IsOutputRedirected, time, Console.Error);
        var lastWords = new LastWords(TerminationPath, printer);
        // On whatever thread it happens: the runtime's own end says nothing to the job, and has the code of a killed process.
        AppDomain.CurrentDomain.UnhandledException += (_, e) => lastWords.SayAndEnd(Unforeseen((Exception)e.ExceptionObject));
        using var stop = StopRequest.Listen(() => lastWords.SayAndEnd(TrainerException.TryAgain("Terminated", "stopped on request before training began")));
        try
        {
            ConfigurationArrival.WaitAsync(
                Environment.GetEnvironmentVariable(TrainerEnvironment.Configuration),
                Environment.GetEnvironmentVariable(TrainerEnvironment.ConfigurationHash),
                printer.Line,
                time,
                CancellationToken.None).GetAwaiter().GetResult();
            var settings = TrainerSettings.Read(Environment.GetEnvironmentVariable);
            using var parent = settings.Parent is { } process ? new ParentWatch(process, () => Environment.Exit(ExitCode.TryAgain), time) : null;
            var last = new TrainingRun(settings, kernels, logs, printer, stop, lastWords.SayAndEnd, time).Run();
            if (settings.Identity.Rank == 0)
            {
                TerminationReport.Write(TerminationPath, TerminationReport.Render(last), printer.Line);
            }

            return ExitCode.Done;
        }
        catch (Exception e)
        {
            return lastWords.Say(e as TrainerException ?? Unforeseen(e));
        }
    }

    private static TrainerException Unforeseen(Exception error) => TrainerException.Unforeseen(error, CrashReport.Keep(error, "mhc-trainer"));
}
