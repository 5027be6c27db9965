using MhcOperator.Trainer.State;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Optimization;

/// <summary>
/// AdamW with decoupled weight decay on matrices (<see cref="AdamWKernel"/>), for one rank.
/// </summary>
internal sealed class FusedAdamW : IDisposable
{
    private const string StepName = "step";

    private readonly IReadOnlyList<NamedParameter> _parameters;
    private readonly double _weightDecay;
    private readonly Tensor[] _averages; // m, by parameter
    private readonly Tensor[] _squares; // v, by parameter
    private readonly Tensor _step; // float32 scalar: updates made, shared by all parameters

    /// <param name="parameters">what is trained; float32 leaves</param>
    /// <param name="weightDecay">applied as w ← w − lr · decay · w to the parameters that decay</param>
    public FusedAdamW(IReadOnlyList<NamedParameter> parameters, double weightDecay)
    {
        _parameters = parameters;
        _weightDecay = weightDecay;
        _averages = [.. parameters.Select(p => zeros_like(p.Value, requires_grad: false).DetachFromDisposeScope())];
        _squares = [.. parameters.Select(p => zeros_like(p.Value, requires_grad: false).DetachFromDisposeScope())];
        _step = zeros([], dtype: ScalarType.Float32).DetachFromDisposeScope();
    }

    /// <summary>Updates made so far.</summary>
    public long StepCount { get; private set; }

    /// <summary>
    /// What a checkpoint must hold beside the weights: <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c> per parameter, and <c>step</c>. Live
    /// tensors.
    /// </summary>
    public IReadOnlyList<(string Name, Tensor Value)> State =>
    [
        .. _parameters.Select((p, i) => ($"exp_avg.{p.Name}", _averages[i])),
        .. _parameters.Select((p, i) => ($"exp_avg_sq.{p.Name}", _squares[i])),
        (StepName, _step),
    ];

    /// <summary>One update from the parameters' gradients. A parameter without a gradient is left alone.</summary>
    public void Step(double learningRate)
    {
        using var noGradients = no_grad();
        _step.add_(1);
        StepCount++;
        Update(learningRate, decays: true);
        Update(learningRate, decays: false);
    }

    /// <summary>Drops all gradients; the next backward pass makes new ones.</summary>
    public void ZeroGradients()
    {
        foreach (var parameter in _parameters)
        {
            parameter.Value.grad = null;
        }
    }

    /// <summary>
    /// Copies a saved state in, which must have the names and shapes of <see cref="State"/>, or parts of them that make up the whole.
    /// </summary>
    /// <exception cref="ArgumentException">A tensor is missing, unknown or of another shape.</exception>
    public void Restore(IReadOnlyList<(string Name, Tensor Value)> state)
    {
        var targets = State.Select(s => new StateTarget(s.Name, s.Value.shape, 0, s.Value)).ToList();
        new StateTargets(targets, targets.Select(t => t.Name).ToHashSet(StringComparer.Ordinal)).Fill(state);
        StepCount = (long)_step.ToSingle();
    }

    public void Dispose()
    {
        foreach (var tensor in _averages.Concat(_squares))
        {
            tensor.Dispose();
        }

        _step.Dispose();
    }

    private void Update(double learningRate, bool decays)
    {
        List<Tensor> weights = [], gradients = [], averages = [], squares = [];
        for (var i = 0; i < _parameters.Count; i++)
        {
            if (_parameters[i].Decays == decays && _parameters[i].Value.grad is { } gradient)
            {
                weights.Add(_parameters[i].Value);
                gradients.Add(gradient);
                averages.Add(_averages[i]);
                squares.Add(_squares[i]);
            }
        }

        AdamWKernel.Update([.. weights], [.. gradients], [.. averages], [.. squares], _step, learningRate, decays ? _weightDecay : 0);
    }
}
