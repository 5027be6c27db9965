using System.Net;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Supervision;

/// <summary>What the environment tells a supervisor (docs/trainer-contract.md).</summary>
internal sealed record SupervisorSettings
{
    /// <summary>Attempt that the first process runs.</summary>
    public required int Attempt { get; init; }

    /// <summary>File in which orders appear; null: there are none, and the end of the process is that of the container.</summary>
    public required string? OrderFile { get; init; }

    /// <summary>Address that reports are given on.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Port that reports are given on.</summary>
    public required int Port { get; init; }

    /// <summary>Configuration file, which an order may ask to be of a certain content.</summary>
    public required string ConfigurationFile { get; init; }

    /// <summary>SHA-256 of the content that it must have before the first process begins; null: any.</summary>
    public string? ConfigurationHash { get; init; }

    /// <summary>Where the process leaves its last words.</summary>
    public required string TerminationMessage { get; init; }

    /// <summary>
    /// How long an order is waited for after the end of the process, and after each question how it ended: nobody who asks will give one.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whether this process is to supervise others.</summary>
    /// <param name="environment">Value of a variable; null where it is not set.</param>
    public static bool AreIn(Func<string, string?> environment) => !string.IsNullOrEmpty(environment(TrainerEnvironment.OrderFile));

    /// <summary>Reads the environment.</summary>
    /// <param name="environment">Value of a variable; null where it is not set.</param>
    /// <exception cref="TrainerException">Something is missing or is not what was expected.</exception>
    public static SupervisorSettings Read(Func<string, string?> environment)
    {
        var variables = new EnvironmentReader(environment);
        return new SupervisorSettings
        {
            Attempt = variables.Number(TrainerEnvironment.Attempt, 1, 1, int.MaxValue),
            OrderFile = variables.Text(TrainerEnvironment.OrderFile),
            Address = Listening.AddressFor(variables.Text(TrainerEnvironment.MasterAddress) ?? "127.0.0.1"),
            Port = variables.Number(TrainerEnvironment.WorkerPort, 0, 0, 65535),
            ConfigurationFile = variables.Required(TrainerEnvironment.Configuration, "the path of the job's JSON"),
            ConfigurationHash = variables.Text(TrainerEnvironment.ConfigurationHash),
            TerminationMessage = variables.Text(TrainerEnvironment.TerminationMessagePath) ?? Api.Contract.TerminationMessage.DefaultPath,
        };
    }
}
