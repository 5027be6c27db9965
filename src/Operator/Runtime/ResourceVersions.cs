namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Order of resource versions of one kind: decimal numbers without leading zeros, which KEP-5504 made a promise of what
/// every API server had done before.
/// </summary>
internal static class ResourceVersions
{
    /// <summary>
    /// Whether <paramref name="version"/> comes before <paramref name="other"/>; an absent version comes before all others.
    /// </summary>
    public static bool IsOlder(string? version, string? other)
    {
        var (a, b) = (version ?? "", other ?? "");
        return a.Length != b.Length ? a.Length < b.Length : string.CompareOrdinal(a, b) < 0;
    }
}
