namespace MhcOperator.Cli.Files;

/// <summary>One checkpoint on disk, as docs/trainer-contract.md lays it out.</summary>
internal sealed record CheckpointEntry
{
    /// <summary>Updates done.</summary>
    public required int Step { get; init; }

    /// <summary>Where it is.</summary>
    public string Folder { get; init; } = "";

    /// <summary>candidate, verified, quarantined, or broken where its manifest cannot be read or its files do not match it.</summary>
    public required string Health { get; init; }

    /// <summary>Why it is so.</summary>
    public string Reason { get; init; } = "";

    /// <summary>NAMESPACE/NAME of the job that wrote it.</summary>
    public string? Job { get; init; }

    /// <summary>Attempt that wrote it.</summary>
    public int? Attempt { get; init; }

    /// <summary>Ranks that wrote it.</summary>
    public int? Ranks { get; init; }

    /// <summary>Tokens trained on.</summary>
    public long? Tokens { get; init; }

    /// <summary>Training loss at that step, nats per token.</summary>
    public double? Loss { get; init; }

    /// <summary>Loss on data kept back, nats per token.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset? SavedAt { get; init; }

    /// <summary>All files, in bytes.</summary>
    public long Bytes { get; init; }
}
