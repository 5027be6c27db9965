using MhcOperator.Api;

namespace MhcOperator.Trainer.Generation;

/// <summary>What an exported <c>config.json</c> says: all that a program needs to compute the same logits.</summary>
internal sealed record ExportedConfiguration
{
    /// <summary>Decoder layers, each an attention and a feed-forward sublayer.</summary>
    public required int Layers { get; init; }

    /// <summary>C.</summary>
    public required long Width { get; init; }

    /// <summary>Query heads.</summary>
    public required long Heads { get; init; }

    /// <summary>Key and value heads.</summary>
    public required long KeyValueHeads { get; init; }

    /// <summary>Hidden width of SwiGLU.</summary>
    public required long FeedForwardWidth { get; init; }

    /// <summary>Longest sequence.</summary>
    public required long ContextLength { get; init; }

    /// <summary>Token numbers.</summary>
    public required long Vocabulary { get; init; }

    /// <summary>The residual path.</summary>
    public required ResidualKind Residual { get; init; }

    /// <summary>n; without meaning on a plain path, as are the next two.</summary>
    public required int Streams { get; init; }

    /// <summary>Iterations of the projection.</summary>
    public required int SinkhornIterations { get; init; }

    /// <summary>How the streams become one.</summary>
    public required StreamHead Head { get; init; }

    /// <summary>θ of the rotary positions.</summary>
    public required double RotaryTheta { get; init; }

    /// <summary>Under the root of each RMS norm; those of hyper-connections have none.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>What the tokens were made with.</summary>
    public required Tokenizer Tokenizer { get; init; }

    /// <summary>Updates done.</summary>
    public required int Step { get; init; }

    /// <summary>As in the checkpoint's manifest.</summary>
    public required string WeightsSha256 { get; init; }
}
