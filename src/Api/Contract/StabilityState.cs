namespace MhcOperator.Api.Contract;

/// <summary>Whether training is healthy.</summary>
public enum StabilityState
{
    /// <summary>Nothing has been observed.</summary>
    Unknown,

    /// <summary>No detector is suspicious.</summary>
    Healthy,

    /// <summary>A detector is suspicious, but not yet for long enough.</summary>
    Suspicious,

    /// <summary>A detector has made up its mind.</summary>
    Unstable,
}
