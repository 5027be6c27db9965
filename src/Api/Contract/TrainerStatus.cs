namespace MhcOperator.Api.Contract;

/// <summary>What rank 0 answers to <c>GET /status</c>.</summary>
public sealed record TrainerStatus
{
    /// <summary><c>MHC_ATTEMPT</c> of this process.</summary>
    public int Attempt { get; set; }

    /// <summary>Whether this attempt has the checkpoint folder, and no process of an older one can write there any more.</summary>
    public bool OwnsFolder { get; set; }

    /// <summary>Updates done.</summary>
    public int Step { get; set; }

    /// <summary>Updates asked for.</summary>
    public int TotalSteps { get; set; }

    /// <summary>Tokens trained on, all ranks and earlier attempts included.</summary>
    public long Tokens { get; set; }

    /// <summary>Loss of the last update, nats per token; absent before the first and where not finite.</summary>
    public double? Loss { get; set; }

    /// <summary>Last measured loss on data kept back, nats per token; absent before, and where none is kept back.</summary>
    public double? ValidationLoss { get; set; }

    /// <summary>Global gradient norm before clipping.</summary>
    public double? GradientNorm { get; set; }

    /// <summary>Of the last update.</summary>
    public double LearningRate { get; set; }

    /// <summary>Over the whole gang, recent steps.</summary>
    public double TokensPerSecond { get; set; }

    /// <summary>Recent steps.</summary>
    public double SecondsPerStep { get; set; }

    /// <summary>Seconds left at that speed.</summary>
    public double? EtaSeconds { get; set; }

    /// <summary>Bytes that rank 0 has sent to its peers since this process began; absent for a rank alone.</summary>
    public long? BytesSent { get; set; }

    /// <summary>Composite gain; absent for a plain residual path.</summary>
    public GainStatus? Gain { get; set; }

    /// <summary>Distance of residual mappings from doubly stochastic; absent but for mHC.</summary>
    public GapStatus? Gap { get; set; }

    /// <summary>Step of the newest committed checkpoint.</summary>
    public int? LatestCheckpoint { get; set; }

    /// <summary>Step of the newest verified checkpoint.</summary>
    public int? VerifiedCheckpoint { get; set; }

    /// <summary>Unknown, Healthy, Suspicious or Unstable.</summary>
    public string StabilityState { get; set; } = nameof(Contract.StabilityState.Unknown);

    /// <summary>Step since which training has not learned, where that is so for too long; absent else.</summary>
    public int? NotLearningSince { get; set; }

    /// <summary>How often the data have been gone through.</summary>
    public double? Epoch { get; set; }

    /// <summary>Most memory of rank 0's process so far, in bytes.</summary>
    public long? PeakMemoryBytes { get; set; }

    /// <summary>
    /// Floating-point operations that the model asks for, a second over the whole gang, recent steps; what is computed again is not
    /// counted.
    /// </summary>
    public double? ModelFlopsPerSecond { get; set; }

    /// <summary>First update of this process, once it is done; tells how long a recovery took.</summary>
    public int? FirstStep { get; set; }

    /// <summary>When that was.</summary>
    public DateTime? FirstStepAt { get; set; }
}
