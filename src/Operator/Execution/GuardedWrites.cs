using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Execution;

/// <summary>
/// One round of writes about one job, each through <see cref="TryAsync"/>: what is refused, by whatever error, is remembered with the
/// server's words, so that the next plan can tell it, does not keep the other writes from being done, and is tried again after a wait that
/// doubles.
/// </summary>
internal sealed class GuardedWrites(NamespacedName job, long? generation, JobMemory memory, OperatorOptions options, TimeProvider time,
    ILogger? log)
{
    /// <summary>The server, or the way to it, was in trouble: that passes.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);

    /// <summary>The server has judged what was sent: a person has to do something, as a rule.</summary>
    private static readonly TimeSpan FirstRetryOfJudged = TimeSpan.FromSeconds(5);

    private readonly HashSet<(WriteKind Write, string Kind, string Name)> _wanted = [];
    private readonly Lock _gate = new();

    /// <summary>
    /// Whether something was refused that was not before, which the next plan must be told of, or an event was taken that was refused:
    /// nothing that is watched changes by that.
    /// </summary>
    public bool HasNews { get; private set; }

    /// <summary>Sends a write, unless it was refused and its wait is not over.</summary>
    /// <param name="write">What is done.</param>
    /// <param name="kind">With an object of that kind.</param>
    /// <param name="name">And name.</param>
    /// <param name="send">Does it.</param>
    /// <param name="judge">What a conflict means; null: it is a refusal like others.</param>
    /// <param name="isCompared">Whether a conflict says that the job has changed meanwhile: then all is to be planned anew, and it is
    /// thrown.</param>
    /// <returns>Whether it was taken, or needs not be.</returns>
    public async Task<bool> TryAsync(WriteKind write, string kind, string name, Func<Task> send, Func<Task<Standing>>? judge = null,
        bool isCompared = false)
    {
        var key = (write, kind, name);
        lock (_gate)
        {
            _wanted.Add(key);
        }

        var before = memory.Refusals.GetValueOrDefault(key);
        if (before is { IsOfCreation: true } && before.Generation != generation)
        {
            before = null; // it is of another spec
        }

        if (before is not null && time.GetUtcNow() < before.Again(options))
        {
            return false;
        }

        try
        {
            if (await SendAsync(send, judge) is not { } refused)
            {
                if (memory.Refusals.TryRemove(key, out _) && write == WriteKind.Event)
                {
                    HasNews = true;
                }

                return true;
            }

            Remember(key, before, refused);
            return false;
        }
        catch (Exception e) when (IsRefusal(e) && !(isCompared && e is ApiException { Status: HttpStatusCode.Conflict }))
        {
            Remember(key, before, (e, false));
            return false;
        }
    }

    /// <summary>Whether the creation or change of an object was refused, in this round or one before.</summary>
    public bool IsRefused(JsonObject manifest) => memory.Refusals.Values.Any(r => r.IsOfCreation && r.IsOf(manifest));

    /// <summary>Forgets refusals of what is no longer to be done, once all writes of a plan have been tried.</summary>
    public void ForgetOthers()
    {
        var now = time.GetUtcNow();
        foreach (var (key, refusal) in memory.Refusals)
        {
            // A creation that waits is not in the plan: the plan knows that it waits.
            if (!_wanted.Contains(key) && key.Write != WriteKind.Event
                && (!refusal.IsOfCreation || (refusal.IsTold && refusal.Again(options) <= now)))
            {
                memory.Refusals.TryRemove(key, out _);
            }
        }
    }

    /// <summary>Forgets refusals of a kind of write that is no longer to be done, once all writes of that kind have been tried.</summary>
    public void ForgetOthers(WriteKind write)
    {
        foreach (var key in memory.Refusals.Keys.Where(key => key.Write == write && !_wanted.Contains(key)))
        {
            memory.Refusals.TryRemove(key, out _);
        }
    }

    /// <returns>What was refused, and whether a conflict has no cause that can be seen; null: it was taken.</returns>
    private static async Task<(Exception Error, bool IsUnexplained)?> SendAsync(Func<Task> send, Func<Task<Standing>>? judge)
    {
        try
        {
            await send();
            return null;
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.Conflict && judge is not null)
        {
            return await judge() switch
            {
                Standing.Ours => null,
                Standing.Foreign => (e, false),
                _ => (e, true),
            };
        }
    }

    private void Remember((WriteKind Write, string Kind, string Name) key, Refusal? before, (Exception Error, bool IsUnexplained) refused)
    {
        var status = refused.Error is ApiException { Status: var answered } ? answered : HttpStatusCode.ServiceUnavailable;
        var times = (before?.Times ?? 0) + 1;
        var now = time.GetUtcNow();
        var refusal = new Refusal(key.Kind, key.Name, status, refused.Error.Message, generation, now)
        {
            Write = key.Write,
            Times = times,
            IsUnexplained = refused.IsUnexplained
        };
        var isPassing = refusal.MayBeGone || refusal.IsUnexplained
            || status is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;
        var wait = Waits.Bounded(ExponentialBackoff.Delay(times - 1, isPassing ? FirstRetry : FirstRetryOfJudged, options.RefusalRetry));
        memory.Refusals[key] = refusal with { RetryAt = now + wait };
        HasNews = true;
        log?.LogWarning("{Job}: {Refusal}; again in {Wait:0.0} s", job, refusal.Text, wait.TotalSeconds);
    }

    /// <summary>Not where the lease has run out or the process is to stop: then nothing may be written at all.</summary>
    private static bool IsRefusal(Exception e) =>
        e is ApiException or HttpRequestException or IOException or TimeoutException or JsonException;
}

/// <summary>Whose object has a name that could not be taken.</summary>
internal enum Standing
{
    /// <summary>The job's own: a process before this one made it, or the caches are behind.</summary>
    Ours,

    /// <summary>Somebody else's.</summary>
    Foreign,

    /// <summary>There is none.</summary>
    Nobody,
}
