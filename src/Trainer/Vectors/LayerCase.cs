using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Vectors;

/// <summary>
/// <c>kind: layer</c>: one mHC sublayer with F(h) = tanh(h · w). Stores the coefficients, the read, the new streams, and for an upstream
/// gradient of these the gradients of the streams and of φ, b and α.
/// </summary>
internal sealed class LayerCase : IVectorCase
{
    private static readonly string[] Inputs = ["x", "phi", "bias", "alpha"];
    private static readonly string[] Outputs = ["pre", "post", "res", "read", "output"];

    private readonly string _name;
    private readonly int _iterations;
    private readonly Dictionary<string, Tensor> _stored = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A field is missing or wrong.</exception>
    public LayerCase(VectorFile file)
    {
        _name = file.Name;
        _iterations = file.Integer("iterations", 1, 1024);
        long n = file.Integer("n", 1, 8), tokens = file.Integer("tokens", 1, int.MaxValue), channels =
            file.Integer("channels", 1, int.MaxValue);
        var coefficients = (n * n) + (2 * n);
        Add("x", tokens, n, channels);
        Add("phi", n * channels, coefficients);
        Add("bias", coefficients);
        Add("alpha", 3);
        _stored["w"] = file.Tensor("w", channels, channels);
        _stored["grad_output"] = file.Tensor("grad_output", tokens, n, channels);
        _stored["pre"] = file.Tensor("pre", tokens, n);
        _stored["post"] = file.Tensor("post", tokens, n);
        _stored["res"] = file.Tensor("res", tokens, n, n);
        _stored["read"] = file.Tensor("read", tokens, channels);
        _stored["output"] = file.Tensor("output", tokens, n, channels);

        void Add(string field, params long[] shape)
        {
            _stored[field] = file.Tensor(field, shape);
            _stored[$"grad_{field}"] = file.Tensor($"grad_{field}", shape);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<VectorResult> Check(KernelKind path, ScalarType streams = ScalarType.Float32)
    {
        using var scope = NewDisposeScope();
        var dtype = path == KernelKind.Native ? ScalarType.Float32 : ScalarType.Float64;
        Tensor[] inputs = [.. Inputs.Select(name => _stored[name].to(dtype).clone().requires_grad_())];
        var outputs = path == KernelKind.Native ? Native(inputs, streams) : Reference(inputs);
        var computed = Outputs.Zip(outputs, (name, tensor) => (name, tensor.detach().clone())).ToList();

        var gradients = autograd.grad([outputs[^1]], inputs, [_stored["grad_output"].to(outputs[^1].dtype)]);
        BackwardFault.ThrowIfAny();
        computed.AddRange(Inputs.Zip(gradients, (name, tensor) => ($"grad_{name}", tensor)));

        var tolerance = Tolerances.For(path, logitDeviation: 0, streams);
        return [.. computed.Select(c => new VectorResult(_name, c.name, path, Tolerances.Error(c.Item2, _stored[c.name]), tolerance))];
    }

    private Tensor[] Reference(Tensor[] inputs)
    {
        var c = MhcReference.Coefficients(inputs[0], inputs[1], inputs[2], inputs[3], _iterations);
        var read = MhcReference.Read(inputs[0], c.Pre);
        return [c.Pre, c.Post, c.Res, read, MhcReference.Write(inputs[0], Sublayer(read), c.Res, c.Post)];
    }

    private Tensor[] Native(Tensor[] inputs, ScalarType streams)
    {
        var x = inputs[0].to(streams);
        var pass = new MhcPass(new MhcParameters(inputs[1], inputs[2], inputs[3], (int)x.shape[1], _iterations), x);
        var read = ConnectFunction.Apply(pass, x);
        var y = Sublayer(read.to(ScalarType.Float32)).to(streams);
        return [pass.Pre, pass.Post, pass.Res, read, LeaveFunction.Apply(pass, y)];
    }

    private Tensor Sublayer(Tensor h) => h.matmul(_stored["w"].to(h.dtype)).tanh();
}
