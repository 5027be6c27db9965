using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>How it is trained.</summary>
public sealed record OptimizationSpec
{
    /// <summary>Updates; at least 1.</summary>
    public int Steps { get; set; } = 1000;

    /// <summary>Tokens of one update over the whole gang; a multiple of contextLength × ranks.</summary>
    public int BatchTokens { get; set; } = 65536;

    /// <summary>
    /// Tokens of one forward and backward on one rank; a divisor of batchTokens / ranks and a multiple of contextLength; batchTokens /
    /// ranks where absent.
    /// </summary>
    public int? MicroBatchTokens { get; set; }

    /// <summary>Learning rate after the warm-up; over 0.</summary>
    public double PeakLearningRate { get; set; } = 0.0006;

    /// <summary>How it falls after that.</summary>
    public LearningRateSchedule Schedule { get; set; } = LearningRateSchedule.Cosine;

    /// <summary>Steps of linear warm-up; at least 0, at most `steps`.</summary>
    public int WarmupSteps { get; set; } = 100;

    /// <summary>Decoupled weight decay of matrices; at least 0.</summary>
    public double WeightDecay { get; set; } = 0.1;

    /// <summary>Largest global gradient norm; 0 turns clipping off.</summary>
    public double GradientClip { get; set; } = 1.0;

    /// <summary>Arithmetic of activations and matrix products, and how mHC stores its residual streams.</summary>
    public Precision Precision { get; set; } = Precision.BFloat16;

    /// <summary>
    /// Compute activations again in the backward pass instead of keeping them. Where `activationMemory` does not say how much memory there
    /// is: mHC's residual streams, else all layers.
    /// </summary>
    public bool Recompute { get; set; }

    /// <summary>
    /// Memory of one rank for the activations of one forward pass, a Kubernetes quantity: with `recompute`, no more than must be is
    /// computed again.
    /// </summary>
    public string? ActivationMemory { get; set; }

    /// <summary>Seed of the initial weights and of the data order; at least 0.</summary>
    public long Seed { get; set; } = 1;
}

/// <summary>How the learning rate falls after the warm-up.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LearningRateSchedule>))]
public enum LearningRateSchedule
{
    /// <summary>Half a cosine down to a tenth of the peak.</summary>
    Cosine,

    /// <summary>×0.316 at 80 % and ×0.1 at 90 % of the steps (arXiv 2512.24880, table 5).</summary>
    Steps,

    /// <summary>It does not fall.</summary>
    Constant,
}

/// <summary>Arithmetic of the matrix products and activations; weights and optimizer are float32 either way.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>Single precision.</summary>
    Float32,

    /// <summary>bfloat16 activations and matrix products.</summary>
    BFloat16,
}
