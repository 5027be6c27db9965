namespace MhcOperator.Api;

/// <summary>What a person asks for.</summary>
public sealed record MhcTrainingJobSpec
{
    /// <summary>Keep the job without pods.</summary>
    public bool Suspend { get; set; }

    /// <summary>Controller that acts on this job; immutable. Another value leaves the job to somebody else.</summary>
    public string ManagedBy { get; set; } = MhcTrainingJob.ManagedByThisOperator;

    /// <summary>The gang.</summary>
    public WorkersSpec Workers { get; set; } = new();

    /// <summary>The program.</summary>
    public TrainerSpec Trainer { get; set; } = new();

    /// <summary>The transformer.</summary>
    public ModelSpec Model { get; set; } = new();

    /// <summary>What is trained on.</summary>
    public DataSpec Data { get; set; } = new();

    /// <summary>How it is trained.</summary>
    public OptimizationSpec Optimization { get; set; } = new();

    /// <summary>How the gang works together.</summary>
    public ParallelismSpec Parallelism { get; set; } = new();

    /// <summary>When checkpoints are written.</summary>
    public CheckpointsSpec Checkpoints { get; set; } = new();

    /// <summary>What counts as unstable.</summary>
    public StabilitySpec Stability { get; set; } = new();

    /// <summary>Limits.</summary>
    public RunPolicySpec RunPolicy { get; set; } = new();

    /// <summary>Placement.</summary>
    public SchedulingSpec Scheduling { get; set; } = new();

    /// <summary>Rehearsed failures.</summary>
    public IReadOnlyList<DrillSpec> Drills { get; set; } = [];
}
