namespace MhcOperator.Operator.Runtime;

/// <summary>One request to the API server.</summary>
/// <param name="Verb">The API's verb, for metrics: get, list, watch, create, apply, patch, delete.</param>
/// <param name="Resource">Plural, for metrics.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path and query below the server's address.</param>
/// <param name="Body">JSON; null: none.</param>
/// <param name="MediaType">Type of the body.</param>
internal sealed record ApiRequest(string Verb, string Resource, HttpMethod Method, string Path, string? Body = null,
    string MediaType = "application/json")
{
    /// <summary>Form in which the server is asked to answer.</summary>
    public string Accept { get; init; } = "application/json";

    /// <summary>Bytes of the answer that are read at most; null: all.</summary>
    public long? LongestAnswer { get; init; }

    public bool IsWrite => Method != HttpMethod.Get;
}
