namespace MhcOperator.Operator.Planning;

/// <summary>What was to be done with an object.</summary>
internal enum WriteKind
{
    /// <summary>Give a pod the label of its job back.</summary>
    Reclaim,

    /// <summary>Make it.</summary>
    Create,

    /// <summary>Bring it up to date.</summary>
    Apply,

    /// <summary>Tell a pod to begin another attempt.</summary>
    Order,

    /// <summary>End a pod whose log is kept.</summary>
    Stop,

    /// <summary>Delete it.</summary>
    Delete,

    /// <summary>Have it go with the job, or no longer.</summary>
    Own,

    /// <summary>Set the job's <c>spec.suspend</c>.</summary>
    Suspend,

    /// <summary>Write the job's status.</summary>
    Status,

    /// <summary>Record an event about the job.</summary>
    Event,
}
