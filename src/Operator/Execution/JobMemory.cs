using System.Collections.Concurrent;
using System.Security.Cryptography;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Execution;

/// <summary>What an executor remembers of one job between two looks. Losing it costs a few requests and changes no outcome.</summary>
internal sealed class JobMemory
{
    /// <summary>Of the job; another one under the same name is another job.</summary>
    public required string? Uid { get; init; }

    public TrainerReport? Report { get; set; }

    /// <summary>When rank 0 was last asked, whether it answered or not.</summary>
    public DateTimeOffset? AskedAt { get; set; }

    public WorkerMemory Workers { get; } = new();

    public WarningMemory Warnings { get; } = new();

    /// <summary>Nodes that were asked for, and when they were read.</summary>
    public Dictionary<string, (NodeState State, DateTimeOffset ReadAt)> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>Secrets of gangs are made from it: those of one attempt are alike though its pods are not all made at once.</summary>
    public string Entropy { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Newest attempt of which all pods have been there.</summary>
    public int? CompleteAttempt { get; set; }

    public DateTimeOffset? StatusWrittenAt { get; set; }

    /// <summary>Since when a change of the status has waited to be written.</summary>
    public DateTimeOffset? StatusDebouncedSince { get; set; }

    /// <summary>What the last plan was made from, if nothing is left to be done of it; null: a plan must be made.</summary>
    public Observed? Planned { get; set; }

    /// <summary>Until when that plan holds; null: until something changes.</summary>
    public DateTimeOffset? PlanHoldsUntil { get; set; }

    /// <summary>A creation has met an object that the store shows by now.</summary>
    public bool StoreHasMore { get; set; }

    /// <summary>The job as it is acted on.</summary>
    public MhcTrainingJob? Accepted { get; set; }

    /// <summary>The manifest that it was worked out from.</summary>
    public JobManifest? AcceptedOf { get; set; }

    /// <summary>By what was to be done with which object; pods are created in parallel.</summary>
    public ConcurrentDictionary<(WriteKind Write, string Kind, string Name), Refusal> Refusals { get; } = new();

    /// <summary>The same, in an order that does not change.</summary>
    public IReadOnlyList<Refusal> RefusalsInOrder =>
        [.. Refusals.Values.OrderBy(r => r.Write).ThenBy(r => r.Kind, StringComparer.Ordinal).ThenBy(r => r.Name, StringComparer.Ordinal)];

    /// <summary>What is to be told of what was done, and the server has not taken yet; the oldest first.</summary>
    public List<ClusterEvent> Events { get; } = [];

    /// <summary>Of refusals that a plan was made with, and whose status is written.</summary>
    public void HasTold(IReadOnlyList<Refusal> refusals)
    {
        foreach (var refusal in refusals.Where(r => !r.IsTold))
        {
            Refusals.TryUpdate((refusal.Write, refusal.Kind, refusal.Name), refusal with { IsTold = true }, refusal);
        }
    }
}
