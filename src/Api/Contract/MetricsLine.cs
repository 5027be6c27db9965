namespace MhcOperator.Api.Contract;

/// <summary>
/// One line of <c>metrics.jsonl</c>, which rank 0 keeps in the checkpoint folder: one for each update, in order of the steps. A trainer
/// that resumes cuts off the lines after the step that it resumes from, so that the file tells how the weights came about that there are.
/// </summary>
public sealed record MetricsLine
{
    /// <summary>Name of the file in the checkpoint folder.</summary>
    public const string FileName = "metrics.jsonl";

    /// <summary><c>MHC_ATTEMPT</c> of the process that wrote it.</summary>
    public int Attempt { get; set; }

    /// <summary>
    /// When its job was made, in seconds since 1970: the next job on a kept folder begins with attempt 1 again; absent or 0 where nobody
    /// said.
    /// </summary>
    public long? JobSince { get; set; }

    /// <summary>Number of the update, from 1.</summary>
    public int Step { get; set; }

    /// <summary>Data step that it was trained on.</summary>
    public long DataStep { get; set; }

    /// <summary>Tokens trained on, all ranks and earlier attempts included.</summary>
    public long Tokens { get; set; }

    /// <summary>When it was done.</summary>
    public DateTime Time { get; set; }

    /// <summary>Nats per token; absent where it is not finite.</summary>
    public double? Loss { get; set; }

    /// <summary>After the update, on data kept back, nats per token; absent where it was not measured at this step.</summary>
    public double? ValidationLoss { get; set; }

    /// <summary>Global, before clipping; absent where it is not finite.</summary>
    public double? GradientNorm { get; set; }

    /// <summary>Of the update.</summary>
    public double LearningRate { get; set; }

    /// <summary>Composite gain, forward; absent where it was not measured at this step.</summary>
    public double? GainForward { get; set; }

    /// <summary>Composite gain, backward.</summary>
    public double? GainBackward { get; set; }

    /// <summary>Distance of the rows of residual mappings from doubly stochastic; absent where it was not measured at this step.</summary>
    public double? GapRow { get; set; }

    /// <summary>Distance of their columns.</summary>
    public double? GapColumn { get; set; }

    /// <summary>Over the recent steps, the whole gang.</summary>
    public double TokensPerSecond { get; set; }

    /// <summary>Healthy, Suspicious or Unstable.</summary>
    public string StabilityState { get; set; } = nameof(Contract.StabilityState.Unknown);

    /// <summary>The update was left out, since a value was not finite.</summary>
    public bool Skipped { get; set; }
}
