namespace MhcOperator.Operator.Execution;

/// <summary>Whose object has a name that could not be taken.</summary>
internal enum Standing
{
    /// <summary>The job's own: a process before this one made it, or the caches are behind.</summary>
    Ours,

    /// <summary>Somebody else's.</summary>
    Foreign,

    /// <summary>There is none.</summary>
    Nobody,
}
