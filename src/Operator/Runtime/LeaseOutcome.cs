namespace MhcOperator.Operator.Runtime;

/// <summary>What a try to take or renew the lease came to.</summary>
internal enum LeaseOutcome
{
    /// <summary>It is ours.</summary>
    Held,

    /// <summary>Somebody else has it.</summary>
    HeldByOther,

    /// <summary>The server did not answer, or refused: who has it is not known.</summary>
    Unknown,
}
