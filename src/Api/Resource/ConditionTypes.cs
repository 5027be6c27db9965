namespace MhcOperator.Api;

/// <summary>Types of <c>status.conditions</c>.</summary>
public static class ConditionTypes
{
    /// <summary>The spec passes every rule.</summary>
    public const string Valid = "Valid";

    /// <summary>The job is kept without pods.</summary>
    public const string Suspended = "Suspended";

    /// <summary>Every pod of the gang has a node.</summary>
    public const string GangScheduled = "GangScheduled";

    /// <summary>Every pod of the gang runs.</summary>
    public const string Running = "Running";

    /// <summary>Training is healthy.</summary>
    public const string Stable = "Stable";

    /// <summary>A gang is being replaced.</summary>
    public const string Restarting = "Restarting";

    /// <summary>The cluster takes what the operator writes; absent until it refuses something.</summary>
    public const string Reconciled = "Reconciled";

    /// <summary>All steps are done; final.</summary>
    public const string Succeeded = "Succeeded";

    /// <summary>The job has given up; final.</summary>
    public const string Failed = "Failed";
}
