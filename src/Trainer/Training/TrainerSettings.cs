using System.Globalization;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Training;

/// <summary>Everything that the environment tells the trainer (docs/trainer-contract.md).</summary>
internal sealed record TrainerSettings
{
    private const int MostThreads = 4096;

    /// <summary>This rank.</summary>
    public required GangIdentity Identity { get; init; }

    /// <summary>Host of rank 0.</summary>
    public required string MasterAddress { get; init; }

    /// <summary>Port of the rendezvous.</summary>
    public required int MasterPort { get; init; }

    /// <summary>The job's own sections.</summary>
    public required TrainerConfiguration Configuration { get; init; }

    /// <summary>Folder of the checkpoints.</summary>
    public required string CheckpointFolder { get; init; }

    /// <summary>When the job was made, in seconds since 1970; 0: nobody said.</summary>
    public required long JobSince { get; init; }

    /// <summary>Whether a process of an older attempt may still run, somewhere where nobody can reach it.</summary>
    public required bool TakeOver { get; init; }

    /// <summary>Where to begin.</summary>
    public required ResumePoint Resume { get; init; }

    /// <summary>Data steps not to train on.</summary>
    public required IReadOnlyList<DataWindow> SkipWindows { get; init; }

    /// <summary>Multiplies the learning rate.</summary>
    public required double LearningRateFactor { get; init; }

    /// <summary>Port of the status server; null: none.</summary>
    public required int? StatusPort { get; init; }

    /// <summary>Folder of the text used where the job names none.</summary>
    public required string? Corpus { get; init; }

    /// <summary>Compute threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Process whose death ends this one; null: none.</summary>
    public required int? Parent { get; init; }

    /// <summary>Reads the environment and the configuration file that it names.</summary>
    /// <param name="environment">Value of a variable; null where it is not set.</param>
    /// <exception cref="TrainerException">Something is missing or is not what was expected.</exception>
    public static TrainerSettings Read(Func<string, string?> environment)
    {
        var variables = new EnvironmentReader(environment);
        var size = variables.Number(TrainerEnvironment.WorldSize, 1, 1, 65536);
        var rank = variables.Number(TrainerEnvironment.Rank, 0, 0, size - 1);
        var localRanks = variables.Number(TrainerEnvironment.LocalWorldSize, 1, 1, 4096);
        var configuration = ConfigurationFile.Read(
            variables.Required(TrainerEnvironment.Configuration, "the path of the job's JSON"), size);
        var job = $"{variables.Text(TrainerEnvironment.Namespace) ?? configuration.Namespace}/{variables.Text(TrainerEnvironment.Job) ?? configuration.Job}";
        return new TrainerSettings
        {
            Identity = new GangIdentity(job, variables.Number(TrainerEnvironment.Attempt, 1, 1, TrainerEnvironment.MostAttempts),
                rank, size)
            {
                Secret = variables.Text(TrainerEnvironment.GangSecret),
            },
            MasterAddress = variables.Text(TrainerEnvironment.MasterAddress) ?? "127.0.0.1",
            MasterPort = variables.Number(TrainerEnvironment.MasterPort, TrainerPorts.Rendezvous, 1, 65535),
            Configuration = configuration,
            CheckpointFolder = Path.GetFullPath(variables.Required(TrainerEnvironment.CheckpointFolder, "the folder of the checkpoints")),
            JobSince = variables.Long(TrainerEnvironment.JobSince, 0, 0, TrainerEnvironment.LatestJobSince),
            TakeOver = variables.Flag(TrainerEnvironment.TakeOver),
            Resume = ResumePoint.Parse(variables.Text(TrainerEnvironment.ResumeStep))
                ?? throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                    $"{TrainerEnvironment.ResumeStep}: \"{variables.Text(TrainerEnvironment.ResumeStep)}\" was given; none, latest or a step was expected"),
            SkipWindows = Windows(variables),
            LearningRateFactor = variables.Factor(TrainerEnvironment.LearningRateFactor, 1),
            StatusPort = variables.Text(TrainerEnvironment.StatusPort) is null ? null
                : variables.Number(TrainerEnvironment.StatusPort, 0, 1, 65535),
            Corpus = variables.Text(TrainerEnvironment.Corpus),
            Threads = variables.Number(TrainerEnvironment.Threads,
                OpenMpThreads(variables) ?? Math.Max(1, Environment.ProcessorCount / localRanks), 1, MostThreads),
            Parent = variables.Text(TrainerEnvironment.ParentProcess) is null ? null
                : variables.Number(TrainerEnvironment.ParentProcess, 0, 1, int.MaxValue),
        };
    }

    /// <summary>What other programs go by: one number, or one for each level of nesting; OpenMP ignores anything else.</summary>
    private static int? OpenMpThreads(EnvironmentReader variables) =>
        int.TryParse(variables.Text(TrainerEnvironment.OpenMpThreads)?.Split(',')[0],
            NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var threads) && threads > 0
            ? Math.Min(threads, MostThreads)
            : null;

    private static IReadOnlyList<DataWindow> Windows(EnvironmentReader variables)
    {
        try
        {
            return DataWindow.ParseList(variables.Text(TrainerEnvironment.SkipWindows) ?? "");
        }
        catch (FormatException e)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                string.Create(CultureInfo.InvariantCulture, $"{TrainerEnvironment.SkipWindows}: {e.Message}"), e);
        }
    }
}
