using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.State;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Vectors;

/// <summary><c>kind: sinkhorn</c>: logits [batch, n, n] → output, and the gradient of the logits for a given upstream gradient.</summary>
internal sealed class SinkhornCase : IVectorCase
{
    private readonly string _name;
    private readonly int _iterations;
    private readonly double _deviation;
    private readonly Tensor _logits;
    private readonly Tensor _output;
    private readonly Tensor _gradOutput;
    private readonly Tensor _gradLogits;

    /// <exception cref="InvalidDataException">A field is missing or wrong.</exception>
    public SinkhornCase(VectorFile file)
    {
        _name = file.Name;
        long n = file.Integer("n", 1, 8), batch = file.Integer("batch", 1, int.MaxValue);
        _iterations = file.Integer("iterations", 1, 1024);
        _logits = file.Tensor("logits", batch, n, n);
        _output = file.Tensor("output", batch, n, n);
        _gradOutput = file.Tensor("grad_output", batch, n, n);
        _gradLogits = file.Tensor("grad_logits", batch, n, n);
        _deviation = file.OptionalNumber("sigma") ?? _logits.std(unbiased: false).ToDouble();
    }

    /// <inheritdoc/>
    public IReadOnlyList<VectorResult> Check(KernelKind path, ScalarType streams = ScalarType.Float32)
    {
        using var scope = NewDisposeScope();
        var (output, gradLogits) = path == KernelKind.Native ? Native() : Reference();
        var tolerance = Tolerances.For(path, _deviation);
        return
        [
            new VectorResult(_name, "output", path, Tolerances.Error(output, _output), tolerance),
            new VectorResult(_name, "grad_logits", path, Tolerances.Error(gradLogits, _gradLogits), tolerance),
        ];
    }

    private (Tensor Output, Tensor GradLogits) Reference()
    {
        var logits = _logits.clone().requires_grad_();
        var output = MhcReference.SinkhornKnopp(logits, _iterations);
        return (output, autograd.grad([output], [logits], [_gradOutput])[0]);
    }

    private (Tensor Output, Tensor GradLogits) Native()
    {
        var logits = _logits.to(ScalarType.Float32);
        return (MhcKernels.Sinkhorn(logits, _iterations),
            MhcKernels.SinkhornBackward(logits, _gradOutput.to(ScalarType.Float32), _iterations));
    }
}
