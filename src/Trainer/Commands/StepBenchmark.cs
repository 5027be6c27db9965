using System.Diagnostics;
using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Optimization;
using MhcOperator.Trainer.Profiling;
using MhcOperator.Trainer.Telemetry;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Commands;

/// <summary>One variant of the model, timed over whole training steps: forward, backward, clipping, update.</summary>
internal sealed class StepBenchmark : IDisposable
{
    private const int MemorySteps = 3;

    private readonly Transformer _model;
    private readonly FusedAdamW _optimizer;
    private readonly Tensor _tokens;
    private readonly List<double> _seconds = [];

    /// <param name="name">for the table</param>
    /// <param name="variant">what of it</param>
    /// <param name="model">sizes</param>
    /// <param name="batchTokens">a multiple of the context length</param>
    /// <param name="precision">of the sublayers</param>
    public StepBenchmark(string name, BenchVariant variant, ModelSpec model, int batchTokens, Precision precision)
    {
        const int bytes = 256;
        var (spec, vocabulary) = (model with { Residual = variant.Residual }, model.Vocabulary ?? bytes);
        Name = name;
        _model = new Transformer(spec, vocabulary, precision, variant.Kernels, seed: 1);
        _model.Recompute = RecomputeChoice.Make(variant.Optimization,
            new ActivationEstimate(spec, _model.Sizes, precision, variant.Kernels, batchTokens), spec.Layers, spec.Mhc.Streams).Plan;
        _optimizer = new FusedAdamW(_model.NamedParameters, weightDecay: 0.1);
        using var generator = new Generator(1, CPU);
        _tokens = randint(0, vocabulary, [batchTokens / model.ContextLength, model.ContextLength + 1], dtype: ScalarType.Int64,
            generator: generator);
    }

    public string Name { get; }

    /// <summary>What it computes again.</summary>
    public RecomputePlan Recompute => _model.Recompute;

    /// <summary>Median seconds of a step.</summary>
    public double Median => BenchTools.Median(_seconds);

    /// <summary>The most memory that a variant takes, weights and optimizer included. Nothing else may be running.</summary>
    /// <param name="make">makes the variant, which is gone afterwards</param>
    /// <returns>bytes over what the process has without it: resident, and given out by the allocator</returns>
    public static (long Resident, long InUse) PeakBytes(Func<StepBenchmark> make)
    {
        var peak = PeakMemory.Begin();
        BackwardProgress.Watch(peak.Look);
        try
        {
            using var variant = make();
            for (var i = 0; i < MemorySteps; i++)
            {
                variant.Step(record: false);
            }

            return (peak.Resident, peak.InUse);
        }
        finally
        {
            BackwardProgress.Watch(null);
        }
    }

    /// <summary>Makes one step.</summary>
    /// <param name="record">whether it counts: not while warming up</param>
    /// <param name="profile">measures its parts; null: nobody does</param>
    public void Step(bool record, StepProfile? profile = null)
    {
        var watch = Stopwatch.StartNew();
        profile?.BeginStep();
        using (NewDisposeScope())
        {
            using (_model.RoundWeights())
            {
                profile?.EndOther("rounding of the weights");
                var loss = _model.Loss(_tokens);
                profile?.EndForward("head and loss");
                Transformer.Backward(loss);
                profile?.EndBackward();
            }

            GradientClipping.Clip(_model.NamedParameters, 1.0);
            profile?.EndOther("gradient norm and clipping");
            _optimizer.Step(1e-4);
            profile?.EndOther("optimizer");
            _optimizer.ZeroGradients();
            profile?.EndOther("dropping of the gradients");
        }

        profile?.EndStep();

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
