namespace MhcOperator.Trainer.Tests.Optimization;

/// <summary>AdamW as written on paper, in float64, one element at a time.</summary>
internal sealed class ExactAdamW
{
    private readonly double _decay;
    private readonly double[] _m;
    private readonly double[] _v;
    private int _step;

    public ExactAdamW(ReadOnlySpan<float> weights, double decay)
    {
        _decay = decay;
        Weights = new double[weights.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            Weights[i] = weights[i];
        }

        (_m, _v) = (new double[weights.Length], new double[weights.Length]);
    }

    public double[] Weights { get; }

    public void Step(ReadOnlySpan<float> gradient, double learningRate)
    {
        _step++;
        for (var i = 0; i < Weights.Length; i++)
        {
            double g = gradient[i];
            _m[i] = (0.9 * _m[i]) + (0.1 * g);
            _v[i] = (0.95 * _v[i]) + (0.05 * g * g);
            var mean = _m[i] / (1 - Math.Pow(0.9, _step));
            var square = _v[i] / (1 - Math.Pow(0.95, _step));
            Weights[i] -= learningRate * ((mean / (Math.Sqrt(square) + 1e-20)) + (_decay * Weights[i]));
        }
    }
}
