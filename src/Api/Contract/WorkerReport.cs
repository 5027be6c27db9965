namespace MhcOperator.Api.Contract;

/// <summary>What a container that can restart in place answers to <c>GET /worker</c>.</summary>
public sealed record WorkerReport
{
    /// <summary><c>MHC_ATTEMPT</c> of the process that runs, or of the last one.</summary>
    public int Attempt { get; set; }

    /// <summary>How it ended; null: it runs.</summary>
    public int? ExitCode { get; set; }

    /// <summary>Its last words, where it has ended: what would be the termination message.</summary>
    public string? Message { get; set; }

    /// <summary>When it ended.</summary>
    public DateTime? EndedAt { get; set; }
}
