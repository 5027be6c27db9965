namespace MhcOperator.Trainer.Data;

/// <summary>How often each token has come.</summary>
/// <param name="vocabulary">Tokens there are.</param>
internal sealed class TokenFrequencies(int vocabulary)
{
    private readonly long[] _counts = new long[vocabulary];

    /// <summary>Entropy in nats: the loss of a model that knows the frequencies and nothing else; 0 before the first token.</summary>
    public double Entropy
    {
        get
        {
            double all = 0, sum = 0;
            foreach (double count in _counts)
            {
                all += count;
                sum += count > 0 ? count * Math.Log(count) : 0;
            }

            return all > 0 ? Math.Log(all) - (sum / all) : 0;
        }
    }

    /// <summary>Counts tokens, which are all in the vocabulary.</summary>
    public void Add(ReadOnlySpan<long> tokens)
    {
        foreach (var token in tokens)
        {
            _counts[token]++;
        }
    }
}
