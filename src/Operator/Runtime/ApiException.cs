using System.Net;

namespace MhcOperator.Operator.Runtime;

/// <summary>The cluster refused a request.</summary>
/// <param name="status">HTTP status, 409 for an object that exists or has changed, 404 for one that is gone.</param>
/// <param name="message">The server's own words.</param>
public sealed class ApiException(HttpStatusCode status, string message) : Exception(message)
{
    /// <summary>HTTP status of the answer.</summary>
    public HttpStatusCode Status { get; } = status;
}
