using System.Text.Json.Serialization;

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

/// <summary>How the residual path of every sublayer is made.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ResidualKind>))]
public enum ResidualKind
{
    /// <summary>Manifold-constrained hyper-connections (arXiv 2512.24880).</summary>
    Mhc,

    /// <summary>Unconstrained hyper-connections (arXiv 2409.19606), the baseline.</summary>
    HyperConnections,

    /// <summary>One plain residual stream.</summary>
    Standard,
}

/// <summary>Hyper-connection settings (arXiv 2512.24880, section 4).</summary>
public sealed record MhcSpec
{
    /// <summary>n, residual streams; 1–8.</summary>
    public int Streams { get; set; } = 4;

    /// <summary>t_max of the Sinkhorn–Knopp projection; 1–100.</summary>
    public int SinkhornIterations { get; set; } = 20;

    /// <summary>Initial α of the three coefficient groups (table 5); over 0, at most 1.</summary>
    public double InitialGate { get; set; } = 0.01;

    /// <summary>Coordinates of the residual mapping.</summary>
    public MhcCoordinates Parameters { get; set; } = MhcCoordinates.Full;

    /// <summary>How the streams become one at the end.</summary>
    public StreamHead Head { get; set; } = StreamHead.Sum;
}

/// <summary>What the logits of an n × n doubly stochastic mapping are made from: it has (n − 1)² degrees of freedom.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MhcCoordinates>))]
public enum MhcCoordinates
{
    /// <summary>n² coefficients a token.</summary>
    Full,

    /// <summary>(n − 1)² coefficients a token; the last row and column of the logits are zero.</summary>
    Reduced,
}

/// <summary>How the streams become one before the final norm.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StreamHead>))]
public enum StreamHead
{
    /// <summary>The streams are added.</summary>
    Sum,

    /// <summary>The streams are added under learned sigmoid gates.</summary>
    Learned,
}
