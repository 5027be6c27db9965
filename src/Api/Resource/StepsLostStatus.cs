namespace MhcOperator.Api;

/// <summary>Steps that were done and had to be done again, as far as rank 0 had told of them.</summary>
public sealed record StepsLostStatus
{
    /// <summary>Given up for a healthy checkpoint.</summary>
    public long Rollback { get; set; }

    /// <summary>Lost with a failure.</summary>
    public long Restart { get; set; }

    /// <summary>Lost when the cluster took a worker away.</summary>
    public long Disruption { get; set; }

    /// <summary>Lost when the job was suspended.</summary>
    public long Suspension { get; set; }

    /// <summary>Step that training had come to when it last ended; null: the gang since then has told where it went on.</summary>
    public int? FromStep { get; set; }

    /// <summary>Why it ended: <c>Rollback</c>, <c>Restart</c>, <c>Disruption</c> or <c>Suspension</c>.</summary>
    public string? Cause { get; set; }
}
