namespace MhcOperator.Api;

/// <summary>Pods of the current attempt.</summary>
public sealed record WorkerCounts
{
    /// <summary>Made and not ended.</summary>
    public int Active { get; set; }

    /// <summary>Running and ready.</summary>
    public int Ready { get; set; }

    /// <summary>Ended with 0.</summary>
    public int Succeeded { get; set; }

    /// <summary>Ended otherwise.</summary>
    public int Failed { get; set; }
}
