namespace MhcOperator.Api;

/// <summary>Composite Amax gain of the residual mappings (arXiv 2512.24880, section 5.4).</summary>
public sealed record GainStatus
{
    /// <summary>max |row sum|.</summary>
    public double Forward { get; set; } = 1;

    /// <summary>max |column sum|.</summary>
    public double Backward { get; set; } = 1;
}
