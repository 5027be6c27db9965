using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Optimization;

/// <summary>
/// AdamW with decoupled weight decay on matrices, through libtorch's fused CPU kernel (one pass over each parameter).
/// β = (0.9, 0.95) and ε = 1e-20 as in arXiv 2512.24880, table 5: such an ε only guards against 0/0.
/// </summary>
internal sealed class FusedAdamW : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.95;
    private const double Epsilon = 1e-20;
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

    /// <summary>What a checkpoint must hold beside the weights: <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c> per parameter, and <c>step</c>. Live tensors.</summary>
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

    /// <summary>Copies a saved state in, which must have the names and shapes of <see cref="State"/>.</summary>
    /// <exception cref="ArgumentException">A tensor is missing, unknown or of another shape.</exception>
    public void Restore(IReadOnlyList<(string Name, Tensor Value)> state)
    {
        var given = state.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal);
        var own = State;
        var unknown = given.Keys.Except(own.Select(o => o.Name), StringComparer.Ordinal).FirstOrDefault();
        if (unknown is not null)
        {
            throw new ArgumentException($"The optimizer has no state named {unknown}.", nameof(state));
        }

        foreach (var (name, value) in own)
        {
            if (!given.TryGetValue(name, out var saved) || !saved.shape.SequenceEqual(value.shape))
            {
                throw new ArgumentException($"The optimizer state {name} must have shape [{string.Join(", ", value.shape)}]; it is {(saved is null ? "missing" : $"[{string.Join(", ", saved.shape)}]")}.", nameof(state));
            }
        }

        using var noGradients = no_grad();
        foreach (var (name, value) in own)
        {
            value.copy_(given[name]);
        }

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
        List<Tensor> weights = [], gradients = [], averages = [], squares = [], steps = [];
        for (var i = 0; i < _parameters.Count; i++)
        {
            if (_parameters[i].Decays == decays && _parameters[i].Value.grad is { } gradient)
            {
                weights.Add(_parameters[i].Value);
                gradients.Add(gradient);
                averages.Add(_averages[i]);
                squares.Add(_squares[i]);
                steps.Add(_step);
            }
        }

        if (weights.Count == 0)
        {
            return;
        }

        // _fused_adamw_(self, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, state_steps, *, lr, beta1, beta2, weight_decay, eps,
        //               amsgrad, maximize, grad_scale, found_inf)
        Dispatcher.Call("aten::_fused_adamw_", "",
        [
            Dispatcher.List([.. weights]), Dispatcher.List([.. gradients]), Dispatcher.List([.. averages]), Dispatcher.List([.. squares]),
            Dispatcher.List([]), Dispatcher.List([.. steps]),
            Dispatcher.Float(learningRate), Dispatcher.Float(Beta1), Dispatcher.Float(Beta2),
            Dispatcher.Float(decays ? _weightDecay : 0), Dispatcher.Float(Epsilon),
            Dispatcher.Bool(false), Dispatcher.Bool(false), Dispatcher.None, Dispatcher.None,
        ]);
    }
}
