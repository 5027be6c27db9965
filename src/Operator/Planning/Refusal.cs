using System.Net;

namespace MhcOperator.Operator.Planning;

/// <summary>A creation that the cluster has refused; held in memory only, since trying again costs no more than being told again.</summary>
/// <param name="Kind">Kind of the object.</param>
/// <param name="Name">Its name.</param>
/// <param name="Status">Conflict: somebody else has the name; UnprocessableEntity or BadRequest: the object is invalid; else not allowed now.</param>
/// <param name="Message">The cluster's words.</param>
/// <param name="Generation">Generation of the job that it was made from; another one is worth a new try at once.</param>
/// <param name="At">When it was refused.</param>
internal sealed record Refusal(string Kind, string Name, HttpStatusCode Status, string Message, long? Generation, DateTimeOffset At);
