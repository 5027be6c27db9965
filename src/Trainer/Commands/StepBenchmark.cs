using System.Diagnostics;
using MhcOperator.Api;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Commands;

/// <summary>One variant of the model, timed over whole training steps: forward, backward, clipping, update.</summary>
internal sealed class StepBenchmark : IDisposable
{
    private readonly Transformer _model;
    private readonly FusedAdamW _optimizer;
    private readonly Tensor _tokens;
    private readonly List<double> _seconds = [];

    /// <param name="name">for the table</param>
    /// <param name="model">sizes</param>
    /// <param name="batchTokens">a multiple of the context length</param>
    /// <param name="precision">of the sublayers</param>
    /// <param name="kernels">of the residual path</param>
    public StepBenchmark(string name, ModelSpec model, int batchTokens, Precision precision, KernelKind kernels)
    {
        const int vocabulary = 256;
        Name = name;
        _model = new Transformer(model, model.Vocabulary ?? vocabulary, precision, kernels, seed: 1);
        _optimizer = new FusedAdamW(_model.NamedParameters, weightDecay: 0.1);
        using var generator = new Generator(1, CPU);
        _tokens = randint(0, model.Vocabulary ?? vocabulary, [batchTokens / model.ContextLength, model.ContextLength + 1], dtype: ScalarType.Int64, generator: generator);
    }

    public string Name { get; }

    /// <summary>Median seconds of a step.</summary>
    public double Median
    {
        get
        {
            var sorted = _seconds.Order().ToList();
            return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
        }
    }

    /// <summary>Makes one step.</summary>
    /// <param name="record">whether it counts: not while warming up</param>
    public void Step(bool record)
    {
        var watch = Stopwatch.StartNew();
        using (NewDisposeScope())
        {
            var loss = _model.Loss(_tokens);
            _optimizer.ZeroGradients();
            Transformer.Backward(loss);
            GradientClipping.Clip(_model.NamedParameters, 1.0);
            _optimizer.Step(1e-4);
        }

        if (record)
        {
            _seconds.Add(watch.Elapsed.TotalSeconds);
        }
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _optimizer.Dispose();
        _model.Dispose();
    }
}
