using System.CommandLine;
using System.Runtime.InteropServices;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Supervision;
using MhcOperator.Trainer.Telemetry;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Commands;

/// <summary>
/// <c>mhc-trainer supervise -- PROGRAM ARGUMENT…</c>: runs any trainer so that it can restart in place. <c>train</c> does it by itself.
/// </summary>
internal static class SuperviseCommand
{
    /// <summary>Name of the command.</summary>
    public const string Name = "supervise";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var program = new Argument<string[]>("program") { Description = "Program and arguments.", Arity = ArgumentArity.OneOrMore };
        var command = new Command(Name,
            "Run a program as one rank of a job, and again in this container when the job begins another attempt: see docs/trainer-contract.md.") { program };
        command.SetAction(result => Run(result.GetValue(program)!)); // an asynchronous action would have its own way with SIGTERM
        return command;
    }

    /// <summary>Supervises this very command line.</summary>
    public static int SuperviseSelf() => Run([Environment.ProcessPath!, .. Environment.GetCommandLineArgs()[1..]]);

    private static int Run(IReadOnlyList<string> command)
    {
        var printer = new ProgressPrinter(Console.Out, !Console.IsOutputRedirected, TimeProvider.System, Console.Error);
        try
        {
            var settings = SupervisorSettings.Read(Environment.GetEnvironmentVariable);
            using var supervisor = new Supervisor(settings, command, printer.Line, TimeProvider.System);
            using var terminate = On(PosixSignal.SIGTERM, supervisor.Stop);
            using var interrupt = On(PosixSignal.SIGINT, supervisor.Stop);
            using var hangUp = On(PosixSignal.SIGHUP, supervisor.Stop);
            using var quit = On(PosixSignal.SIGQUIT, () => supervisor.Pass(PosixSignal.SIGQUIT));
            return supervisor.RunAsync().GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            var words = new LastWords(
                Environment.GetEnvironmentVariable(TrainerEnvironment.TerminationMessagePath) ?? TerminationMessage.DefaultPath,
                printer);
            return words.Say(e as TrainerException ?? TrainerException.Unforeseen(e, CrashReport.Keep(e, "mhc-trainer")));
        }
    }

    private static PosixSignalRegistration On(PosixSignal signal, Action action) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        action();
    });
}
