using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>
/// What this operator has written about each job and the caches do not show yet. A job with anything in here is not
/// looked at: on a stale picture the planner would do what it has just done once more.
/// </summary>
internal sealed class Expectations
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, List<Func<bool>>> _unseen = [];

    /// <summary>Holds the job back until the caches show something.</summary>
    /// <param name="job">Job.</param>
    /// <param name="isSeen">Whether they show it; once true, true for ever.</param>
    public void Expect(NamespacedName job, Func<bool> isSeen)
    {
        lock (_gate)
        {
            (_unseen.TryGetValue(job, out var list) ? list : _unseen[job] = []).Add(isSeen);
        }
    }

    /// <summary>Whether the caches show everything that was written about the job.</summary>
    public bool AreSeen(NamespacedName job)
    {
        lock (_gate)
        {
            if (!_unseen.TryGetValue(job, out var list))
            {
                return true;
            }

            list.RemoveAll(isSeen => isSeen());
            return list.Count == 0 && _unseen.Remove(job);
        }
    }
}
