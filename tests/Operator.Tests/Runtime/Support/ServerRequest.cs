namespace MhcOperator.Operator.Tests.Runtime.Support;

/// <summary>A request as the server saw it.</summary>
internal sealed record ServerRequest(string Method, string Path, string Query, string Body)
{
    public bool IsWatch => Query.Contains("watch=true", StringComparison.Ordinal);
}
