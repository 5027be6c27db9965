namespace MhcOperator.Api;

/// <summary>How far the residual mappings of mHC are from doubly stochastic: the largest over all tokens and sublayers.</summary>
public sealed record GapStatus
{
    /// <summary>max |row sum − 1|.</summary>
    public double Row { get; set; }

    /// <summary>max |column sum − 1|.</summary>
    public double Column { get; set; }
}
