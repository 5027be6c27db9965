namespace MhcOperator.Operator.Tests.Runtime.Support;

/// <summary>How a fake server treats requests.</summary>
internal enum ServerMood
{
    /// <summary>It answers.</summary>
    Answers,

    /// <summary>It cuts each connection.</summary>
    DropsConnections,

    /// <summary>It never answers.</summary>
    Hangs,
}
