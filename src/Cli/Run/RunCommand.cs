using System.CommandLine;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Run;

/// <summary><c>mhc run FILE</c>.</summary>
internal static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliHost host)
    {
        var file = new Argument<string>("FILE") { Description = "A manifest with one MhcTrainingJob; - reads standard input." };
        var folder = new Option<string?>(
            "--run-dir")
        { Description = "Folder for checkpoints, logs and status; .mhc/runs/JOB/TIME where absent." };
        var resume = new Option<bool>("--resume") { Description = "Go on with the newest run of this job, or with the one in --run-dir." };
        var trainer = new Option<string?>(
            "--trainer")
        { Description = $"The trainer's program; also {TrainerLocator.Variable}. Ours where absent." };
        var plain = new Option<bool>("--plain") { Description = "Single lines in place of the live display." };
        var prompt = new Option<string?>(
            "--prompt")
        { Description = "Beginning of the sample text at the end; empty: no sample. The first words of the training text where absent." };
        var command = new Command("run", "Run a job on this machine: pods are processes, everything else is the operator's own.")
        {
            file, folder, resume, trainer, plain, prompt,
        };
        command.SetAction((parsed, cancel) => JobRun.RunAsync(
            host,
            new RunOptions(
                parsed.GetRequiredValue(file),
                parsed.GetValue(folder),
                parsed.GetValue(resume),
                parsed.GetValue(trainer),
                parsed.GetValue(plain),
                parsed.GetValue(prompt)),
            cancel));
        return command;
    }
}
