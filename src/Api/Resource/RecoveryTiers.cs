namespace MhcOperator.Api;

/// <summary>Ways for a gang to begin its next attempt, the cheapest first.</summary>
public static class RecoveryTiers
{
    /// <summary>New processes in the pods that are there.</summary>
    public const string RestartInPlace = "RestartInPlace";

    /// <summary>New pods.</summary>
    public const string RecreateGang = "RecreateGang";
}
