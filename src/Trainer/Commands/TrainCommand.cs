using System.CommandLine;
using System.Globalization;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.State;
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
        var log = new Option<FileInfo?>(
            "--data-log")
        { Description = "Append one line for each update: step, data step and the samples of the batch (rank 0)." };
        var steps = new Option<FileInfo?>(
            "--step-log")
        { Description = "Append one line of JSON for each update: step, dataStep, loss, gradientNorm, learningRate (rank 0)." };
        var kernels = KernelsOption.Create();
        var command = new Command(Name, "Train as one rank of a job. The environment says which: see docs/trainer-contract.md.") { log,
            steps, kernels };
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
            TerminationReport.Write(TerminationPath(Environment.GetEnvironmentVariable),
                TerminationReport.Render(TrainerException.Configuration(reason, message)), Surroundings.Say);
        }
    }

    /// <summary>Trains, and says how that ended.</summary>
    /// <param name="environment">Value of a variable; null where it is not set.</param>
    /// <param name="logs">Where steps are written.</param>
    /// <param name="kernels">Which kernels compute.</param>
    /// <param name="printer">For people.</param>
    /// <param name="stop">Tells that a stop was asked for.</param>
    /// <param name="lastWords">Takes a failure.</param>
    /// <param name="end">Ends the process at once, on another thread.</param>
    /// <returns>The exit code.</returns>
    internal static int Run(Func<string, string?> environment, TrainingLogs logs, KernelKind kernels, ProgressPrinter printer,
        StopRequest stop, LastWords lastWords, Action<TrainerException> end)
    {
        var time = TimeProvider.System;
        try
        {
            ConfigurationArrival.WaitAsync(
                environment(TrainerEnvironment.Configuration),
                environment(TrainerEnvironment.ConfigurationHash),
                printer.Line,
                time,
                CancellationToken.None).GetAwaiter().GetResult();
            var settings = TrainerSettings.Read(environment);
            using var parent = settings.Parent is { } process ? new ParentWatch(process, () => end(ParentGone(process)), time) : null;
            var last = new TrainingRun(settings, kernels, logs, printer, stop, end, time).Run();
            if (settings.Identity.Rank == 0)
            {
                TerminationReport.Write(TerminationPath(environment), TerminationReport.Render(last), printer.Line);
            }

            return ExitCode.Done;
        }
        catch (Exception e)
        {
            return lastWords.Say(e as TrainerException ?? Unforeseen(e));
        }
    }

    private static int Run(TrainingLogs logs, KernelKind kernels)
    {
        Func<string, string?> environment = Environment.GetEnvironmentVariable;
        var printer = new ProgressPrinter(Console.Out, !Console.IsOutputRedirected, TimeProvider.System, Console.Error);
        var lastWords = new LastWords(TerminationPath(environment), printer);
        // On whatever thread it happens: the runtime's own end says nothing to the job, and has the code of a killed process.
        AppDomain.CurrentDomain.UnhandledException += (_, e) => lastWords.SayAndEnd(Unforeseen((Exception)e.ExceptionObject));
        using var stop = StopRequest.Listen(
            () => lastWords.SayAndEnd(TrainerException.TryAgain(EndReason.Terminated, "stopped on request before training began")));
        return Run(environment, logs, kernels, printer, stop, lastWords, lastWords.SayAndEnd);
    }

    private static string TerminationPath(Func<string, string?> environment) =>
        environment(TrainerEnvironment.TerminationMessagePath) is { Length: > 0 } path ? path : TerminationMessage.DefaultPath;

    private static TrainerException ParentGone(int process) =>
        TrainerException.TryAgain(EndReason.Terminated,
            string.Create(CultureInfo.InvariantCulture, $"process {process}, with which this one is to end (MHC_PARENT_PID), has ended"));

    private static TrainerException Unforeseen(Exception error) =>
        TrainerException.Unforeseen(error, CrashReport.Keep(error, "mhc-trainer"));
}
