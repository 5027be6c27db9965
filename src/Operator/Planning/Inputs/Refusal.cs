using System.Net;
using System.Text.Json.Nodes;

namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>A write that the cluster has refused; held in memory only, since trying again costs no more than being told again.</summary>
/// <param name="Kind">Kind of the object.</param>
/// <param name="Name">Its name.</param>
/// <param name="Status">Conflict: somebody else has the name; UnprocessableEntity or BadRequest: the object is invalid; ServiceUnavailable:
/// no answer; else not allowed now.</param>
/// <param name="Message">The cluster's words.</param>
/// <param name="Generation">Generation of the job that it was made from; another one is worth a new try at once.</param>
/// <param name="At">When it was refused.</param>
internal sealed record Refusal(string Kind, string Name, HttpStatusCode Status, string Message, long? Generation, DateTimeOffset At)
{
    public WriteKind Write { get; init; } = WriteKind.Create;

    /// <summary>When it is tried again; null: after <see cref="OperatorOptions.RefusalRetry"/>.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>Whether a status that names it was written. One that comes to be known late is told before it is tried again.</summary>
    public bool IsTold { get; init; }

    /// <summary>How often it was refused in a row.</summary>
    public int Times { get; init; } = 1;

    /// <summary>A conflict although nothing of that name stands there.</summary>
    public bool IsUnexplained { get; init; }

    /// <summary>Whether the object may be gone already, which the caches show soon: then it was no refusal.</summary>
    public bool MayBeGone =>
        Write is WriteKind.Delete or WriteKind.Order or WriteKind.Stop or WriteKind.Own
            && Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict;

    /// <summary>Whether a gang lacks something because of it.</summary>
    public bool IsOfCreation => Write is WriteKind.Create or WriteKind.Apply;

    /// <summary>For people: what was refused, and in which words.</summary>
    public string Text => Write switch
    {
        WriteKind.Create => $"{Kind} {Name} was refused: {Message}",
        WriteKind.Apply => $"a change of {Kind} {Name} was refused: {Message}",
        WriteKind.Reclaim => $"giving {Kind} {Name} its label back was refused: {Message}",
        WriteKind.Order => $"the order to {Kind} {Name} was refused: {Message}",
        WriteKind.Delete => $"the deletion of {Kind} {Name} was refused: {Message}",
        WriteKind.Stop => $"the end of {Kind} {Name} was refused: {Message}",
        WriteKind.Own => $"a change of the owner of {Kind} {Name} was refused: {Message}",
        WriteKind.Suspend => $"the suspension of {Kind} {Name} was refused: {Message}",
        WriteKind.Status => $"the status of {Kind} {Name} was refused: {Message}",
        _ => $"an event was refused: {Message}",
    };

    /// <summary>Whether it is of that object.</summary>
    public bool IsOf(JsonObject manifest) => (string?)manifest["kind"] == Kind && (string?)manifest["metadata"]?["name"] == Name;

    /// <summary>When it is tried again.</summary>
    public DateTimeOffset Again(OperatorOptions options) => RetryAt ?? At + options.RefusalRetry;
}

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
