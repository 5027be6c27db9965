using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MhcOperator.Trainer.Parallel;

/// <summary>Who a process is: ranks meet only if all but the rank agree.</summary>
/// <param name="Job">Namespace and name.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Rank">0…<paramref name="Size"/>−1.</param>
/// <param name="Size">Ranks in the gang.</param>
internal sealed record GangIdentity(string Job, int Attempt, int Rank, int Size)
{
    /// <summary>
    /// What only the ranks of this gang know (MHC_GANG_SECRET); null: nothing, and whoever knows the job's name may come.
    /// </summary>
    public string? Secret { get; init; }

    /// <summary>That this rank knows the secret, without telling it: HMAC-SHA256 of who it is. Empty where there is none.</summary>
    public byte[] Proof() => Secret is null
        ? []
        : HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret),
            RendezvousProtocol.Message(RendezvousProtocol.Magic, Job, Attempt, Rank, Size));

    /// <summary>
    /// Whether a proof is that of a rank which knows this one's secret; always, where there is none. Takes as long whatever is wrong with
    /// it.
    /// </summary>
    /// <param name="other">Who it says it is.</param>
    /// <param name="proof">32 bytes.</param>
    public bool Trusts(GangIdentity other, byte[] proof) =>
        Secret is null || CryptographicOperations.FixedTimeEquals((other with { Secret = Secret }).Proof(), proof);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"rank {Rank} of {Size}, attempt {Attempt} of job {PeerText.Visible(Job)}");
}
