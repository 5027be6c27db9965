using System.Runtime.InteropServices;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// The loss on the samples that are kept back, after each step at which a checkpoint is due and after the last. Which samples, and how many
/// of them a forward pass takes together, depends on the job alone: every number of ranks computes the same parts, and adds them up in the
/// same order. No gradient is made and nothing is drawn at random, so that training goes on with the same bits.
/// </summary>
internal sealed class ValidationMeter
{
    // A forward pass is a third of a step: validation costs about 2 % of training.
    private const double ForwardsPerStep = 0.06;

    private readonly SpreadLoss _loss;
    private readonly IGang _gang;
    private readonly int _interval;
    private readonly int _steps;

    private ValidationMeter(TrainerConfiguration configuration, DataSet data, Transformer model, IGang gang)
    {
        (_gang, _interval, _steps) = (gang, configuration.Checkpoints.IntervalSteps, configuration.Optimization.Steps);
        var batch = configuration.Optimization.BatchTokens / configuration.Model.ContextLength;
        _loss = new SpreadLoss(model, data.ReadValidation, data.ValidationSamples, ForwardsPerStep * _interval * batch);
    }

    /// <summary>Samples of one measurement.</summary>
    public long Samples => _loss.Samples;

    /// <summary>The meter of a job; null where no sample is kept back.</summary>
    public static ValidationMeter? Create(TrainerConfiguration configuration, DataSet data, Transformer model, IGang gang) =>
        data.ValidationSamples > 0 ? new ValidationMeter(configuration, data, model, gang) : null;

    /// <summary>Measures if it is due; every rank calls it after the same step.</summary>
    /// <returns>Nats per token, the same bits on every rank; null where it is not due or not finite.</returns>
    /// <exception cref="TrainerException">The data cannot be read, or a peer is lost.</exception>
    public double? AfterStep(int step) => step % _interval == 0 || step == _steps ? Measure() : null;

    private double? Measure()
    {
        var mine = new List<float>();
        for (var part = _gang.Rank; part < _loss.Parts; part += _gang.Size)
        {
            mine.Add(_loss.Of(part));
        }

        var all = _gang.Gather(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(mine)));
        double sum = 0;
        for (var part = 0; part < _loss.Parts; part++)
        {
            sum += MemoryMarshal.Cast<byte, float>(all[part % _gang.Size])[part / _gang.Size];
        }

        return double.IsFinite(sum) ? sum / _loss.Parts : null;
    }
}
