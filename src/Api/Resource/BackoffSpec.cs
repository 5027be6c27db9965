namespace MhcOperator.Api;

/// <summary>Wait before a restart: doubles from the initial to the maximum.</summary>
public sealed record BackoffSpec
{
    /// <summary>First wait in seconds; at least 0.</summary>
    public int InitialSeconds { get; set; } = 10;

    /// <summary>Longest wait in seconds; at least the initial.</summary>
    public int MaximumSeconds { get; set; } = 360;
}
