namespace MhcOperator.Operator.Local;

/// <summary>How a job runs on this machine, without a cluster.</summary>
public sealed record LocalRunOptions
{
    /// <summary>
    /// Folder of this run, made where it does not exist: <c>checkpoints/</c>, <c>logs/POD.log</c>, <c>config/</c>, <c>pods/</c> and
    /// <c>status.json</c>. A run that finds its own earlier <c>status.json</c> in it goes on from there: rollbacks and skipped data are
    /// remembered.
    /// </summary>
    public required string RunFolder { get; init; }

    /// <summary>
    /// Program and first arguments in place of the trainer's image, such as <c>["/opt/mhc/mhc-trainer", "train"]</c>.
    /// A job's own <c>spec.trainer.command</c> and <c>args</c> go before it.
    /// </summary>
    public required IReadOnlyList<string> TrainerCommand { get; init; }

    /// <summary>Further environment of the trainers, such as <c>MHC_CORPUS</c>; wins over this process's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Working folder of the trainers, against which a relative <c>data.source.path</c> is read; this process's own where absent.
    /// </summary>
    public string? WorkingFolder { get; init; }

    /// <summary>Cores that the gang shares; all of this machine where absent.</summary>
    public int? Cores { get; init; }

    /// <summary>How often rank 0 is asked for its status.</summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Cancelled to end at once: the gang is killed. The token given to <see cref="LocalRunner"/> is the gentle one: the gang
    /// gets SIGTERM and <c>runPolicy.terminationTimeoutSeconds</c> to commit a checkpoint.
    /// </summary>
    public CancellationToken Kill { get; init; }
}
