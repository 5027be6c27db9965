using System.Globalization;

namespace MhcOperator.Trainer.Parallel;

/// <summary>Who a process is: ranks meet only if all but the rank agree.</summary>
/// <param name="Job">Namespace and name.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Rank">0…<paramref name="Size"/>−1.</param>
/// <param name="Size">Ranks in the gang.</param>
internal sealed record GangIdentity(string Job, int Attempt, int Rank, int Size)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"rank {Rank} of {Size}, attempt {Attempt} of job {PeerText.Visible(Job)}");
}
