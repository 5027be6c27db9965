using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// Some parameters and their gradients, each in one flat piece of memory. The model's own tensors lie over it: autograd adds to gradients,
/// and collectives and the optimizer work, in place.
/// </summary>
internal sealed unsafe class FlatBucket : IDisposable
{
    private readonly NamedParameter[] _parameters;
    private readonly Tensor[] _gradients; // by slot; over Gradients, yet with a version of its own
    private readonly ulong[] _versions;
    private int _ready;

    /// <summary>Moves the parameters into the bucket.</summary>
    /// <param name="plan">Where they lie.</param>
    /// <param name="parameters">All of the model; float32 leaves.</param>
    public FlatBucket(BucketPlan plan, IReadOnlyList<NamedParameter> parameters)
    {
        Plan = plan;
        Weights = zeros(plan.Elements, ScalarType.Float32).DetachFromDisposeScope();
        Gradients = zeros(plan.Elements, ScalarType.Float32).DetachFromDisposeScope();
        _parameters = [.. plan.Slots.Select(s => parameters[s.Parameter])];
        _gradients = [.. plan.Slots.Select((slot, i) => View(Gradients, slot.Begin, _parameters[i].Value.shape))];
        _versions = new ulong[_gradients.Length];
        for (var i = 0; i < _parameters.Length; i++)
        {
            Move(_parameters[i], plan.Slots[i].Begin);
            _parameters[i].Value.grad = _gradients[i];
        }
    }

    /// <summary>Its layout.</summary>
    public BucketPlan Plan { get; }

    /// <summary>[elements] float32, zeros between the parameters.</summary>
    public Tensor Weights { get; }

    /// <summary>[elements] float32, zeros between the parameters.</summary>
    public Tensor Gradients { get; }

    /// <summary>A contiguous tensor over a part of a flat one, which must outlive it.</summary>
    public static Tensor View(Tensor flat, int begin, ReadOnlySpan<long> shape) =>
        TensorMemory.FromPointer(TensorMemory.Floats(flat) + begin, shape, ScalarType.Float32).DetachFromDisposeScope();

    /// <summary>Sets all gradients to zero.</summary>
    public void Clear()
    {
        using var noGradients = no_grad();
        Gradients.zero_();
    }

    /// <summary>From now on <see cref="IsReady"/> waits for each gradient to be added to once.</summary>
    public void Arm()
    {
        _ready = 0;
        for (var i = 0; i < _gradients.Length; i++)
        {
            _versions[i] = Dispatcher.Version(_gradients[i]);
        }
    }

    /// <summary>
    /// Whether the backward pass has added to all gradients. autograd adds to a leaf once in a pass, when all uses are known.
    /// </summary>
    public bool IsReady()
    {
        while (_ready < _gradients.Length && Dispatcher.Version(_gradients[_ready]) != _versions[_ready])
        {
            _ready++;
        }

        return _ready == _gradients.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = 0; i < _parameters.Length; i++)
        {
            _parameters[i].Value.grad = null;
            _gradients[i].Dispose();
        }

        Gradients.Dispose();
        Weights.Dispose();
    }

    private void Move(NamedParameter parameter, int begin)
    {
        using var noGradients = no_grad();
        using var place = View(Weights, begin, parameter.Value.shape);
        place.copy_(parameter.Value);
        Dispatcher.SetData(parameter.Value, place);
    }
}
