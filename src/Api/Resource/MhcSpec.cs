namespace MhcOperator.Api;

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
