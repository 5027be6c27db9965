namespace MhcOperator.Api;

/// <summary>The transformer.</summary>
public sealed record ModelSpec
{
    /// <summary>Decoder layers, each an attention and a feed-forward sublayer; 1–1024.</summary>
    public int Layers { get; set; } = 12;

    /// <summary>C, elements of one residual stream; a multiple of `heads`.</summary>
    public int Width { get; set; } = 768;

    /// <summary>Query heads; width / heads must be even, for rotary positions.</summary>
    public int Heads { get; set; } = 12;

    /// <summary>Key and value heads, a divisor of `heads`; `heads` where absent.</summary>
    public int? KeyValueHeads { get; set; }

    /// <summary>Hidden width of SwiGLU; 8/3 of the width rounded up to a multiple of 64 where absent.</summary>
    public int? FeedForwardWidth { get; set; }

    /// <summary>Tokens in a training sequence; 8–1048576.</summary>
    public int ContextLength { get; set; } = 1024;

    /// <summary>Token numbers; that of the tokenizer where absent (256 for bytes).</summary>
    public int? Vocabulary { get; set; }

    /// <summary>The residual path.</summary>
    public ResidualKind Residual { get; set; } = ResidualKind.Mhc;

    /// <summary>Hyper-connection settings; used where `residual` is not Standard.</summary>
    public MhcSpec Mhc { get; set; } = new();
}
