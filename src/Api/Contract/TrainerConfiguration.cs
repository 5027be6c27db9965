namespace MhcOperator.Api.Contract;

/// <summary>What the trainer reads from the file named by <c>MHC_CONFIG</c>: the job's own sections, all defaults filled in.</summary>
public sealed record TrainerConfiguration
{
    /// <summary>Name of the job.</summary>
    public string Job { get; set; } = "";

    /// <summary>Namespace of the job.</summary>
    public string Namespace { get; set; } = "default";

    /// <summary>Where to compute.</summary>
    public Device Device { get; set; } = Device.Cpu;

    /// <summary>The transformer.</summary>
    public ModelSpec Model { get; set; } = new();

    /// <summary>What is trained on; <c>source.path</c> is a path on the trainer's machine.</summary>
    public DataSpec Data { get; set; } = new();

    /// <summary>How it is trained.</summary>
    public OptimizationSpec Optimization { get; set; } = new();

    /// <summary>How the gang works together.</summary>
    public ParallelismSpec Parallelism { get; set; } = new();

    /// <summary>When checkpoints are written.</summary>
    public CheckpointsSpec Checkpoints { get; set; } = new();

    /// <summary>What counts as unstable.</summary>
    public StabilitySpec Stability { get; set; } = new();

    /// <summary>Rehearsed failures.</summary>
    public IReadOnlyList<DrillSpec> Drills { get; set; } = [];
}
