using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Generation;

/// <summary>How the next token is drawn from a model's logits.</summary>
/// <param name="Temperature">0: the likeliest; 1: as the model says.</param>
/// <param name="TopK">Only the likeliest so many; null: all.</param>
/// <param name="TopP">Only the likeliest that together have this probability; 1: all.</param>
internal sealed record Sampling(double Temperature, int? TopK = null, double TopP = 1)
{
    /// <summary>Draws one.</summary>
    /// <param name="logits">[tokens that may be drawn]; minus infinity: never.</param>
    /// <param name="generator">Draws.</param>
    /// <exception cref="TrainerException">The logits are no numbers to draw by.</exception>
    public int Draw(ReadOnlySpan<double> logits, Random generator)
    {
        var likeliest = 0;
        for (var token = 0; token < logits.Length; token++)
        {
            if (double.IsNaN(logits[token]) || double.IsPositiveInfinity(logits[token]))
            {
                throw TrainerException.Configuration(EndReason.ModelNotFinite,
                    $"the model's output for token {token} is {(double.IsNaN(logits[token]) ? "not a number" : "infinite")}: its weights are damaged; take an older checkpoint");
            }

            likeliest = logits[token] > logits[likeliest] ? token : likeliest;
        }

        if (double.IsNegativeInfinity(logits[likeliest]))
        {
            throw TrainerException.Configuration(EndReason.ModelNotFinite,
                "the model's output has no finite number: its weights are damaged; take an older checkpoint");
        }

        return Temperature == 0 ? likeliest : Draw(logits, logits[likeliest], generator);
    }

    private int Draw(ReadOnlySpan<double> logits, double largest, Random generator)
    {
        // Relative to the largest there is nothing that overflows, however low the temperature.
        var weights = new double[logits.Length];
        for (var token = 0; token < weights.Length; token++)
        {
            weights[token] = logits[token] == largest ? 1 : Math.Exp((logits[token] - largest) / Temperature);
        }

        // Equal ones in order of their numbers, so that the same seed gives the same text everywhere.
        var order = Enumerable.Range(0, weights.Length).ToArray();
        if (TopK < weights.Length || TopP < 1)
        {
            order = [.. order.OrderByDescending(t => weights[t])];
        }

        var left = order.AsSpan(0, Math.Min(TopK ?? int.MaxValue, order.Length));
        var total = Sum(left, weights);
        if (TopP < 1)
        {
            var count = 0;
            for (var sum = 0.0; count < left.Length && sum < TopP * total; count++)
            {
                sum += weights[left[count]];
            }

            left = left[..Math.Max(1, count)];
            total = Sum(left, weights);
        }

        var draw = generator.NextDouble() * total;
        var chosen = -1;
        foreach (var token in left)
        {
            draw -= weights[token];
            chosen = weights[token] > 0 ? token : chosen; // rounding may leave a rest behind the last that can be drawn
            if (draw < 0)
            {
                break;
            }
        }

        return chosen;
    }

    private static double Sum(ReadOnlySpan<int> tokens, double[] weights)
    {
        var sum = 0.0;
        foreach (var token in tokens)
        {
            sum += weights[token];
        }

        return sum;
    }
}
