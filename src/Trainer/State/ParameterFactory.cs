using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.State;

/// <summary>
/// Makes the parameters of one model, in order, from one random stream on the CPU: the same seed gives the same bits on every rank.
/// </summary>
internal sealed class ParameterFactory(long seed, ScalarType dtype = ScalarType.Float32) : IDisposable
{
    private readonly Generator _generator = new((ulong)seed, CPU);
    private readonly List<NamedParameter> _made = [];

    /// <summary>All parameters so far.</summary>
    public IReadOnlyList<NamedParameter> Made => _made;

    /// <summary>Normally distributed weights with mean zero.</summary>
    public Parameter Normal(string name, double deviation, params long[] shape)
    {
        using var scope = NewDisposeScope();
        return Add(name, (randn(shape, dtype: ScalarType.Float32, generator: _generator) * deviation).to(dtype), shape.Length > 1);
    }

    /// <summary>Weights that all have one value. They decay only where they are a matrix.</summary>
    public Parameter Constant(string name, double value, params long[] shape)
    {
        using var scope = NewDisposeScope();
        return Add(name, full(shape, value, dtype: dtype), shape.Length > 1);
    }

    /// <summary>Given values, copied; never decayed.</summary>
    public Parameter Values(string name, Tensor values)
    {
        using var scope = NewDisposeScope();
        return Add(name, values.to(dtype).clone(), decays: false);
    }

    public void Dispose() => _generator.Dispose();

    private Parameter Add(string name, Tensor value, bool decays)
    {
        var parameter = new Parameter(value.contiguous().DetachFromDisposeScope(), requires_grad: true);
        parameter.DetachFromDisposeScope();
        _made.Add(new NamedParameter(name, parameter, decays));
        return parameter;
    }
}
