using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Optimization;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Training;

/// <summary>All tensors that training carries from step to step: weights, optimizer state and libtorch's random state.</summary>
internal sealed class TrainingState : IDisposable
{
    private const string ModelPrefix = "model.";
    private const string OptimizerPrefix = "optimizer.";
    private const string RandomName = "random.torch";

    /// <summary>Makes the state at step 0: a function of the configuration alone.</summary>
    /// <exception cref="TrainerException">The model cannot be made.</exception>
    public TrainingState(TrainerConfiguration configuration, int vocabulary, KernelKind kernels)
    {
        var optimization = configuration.Optimization;
        random.manual_seed(optimization.Seed);
        try
        {
            Model = new Transformer(configuration.Model, vocabulary, optimization.Precision, kernels, optimization.Seed);
        }
        catch (ArgumentException e)
        {
            throw TrainerException.Configuration("ConfigurationInvalid", $"spec.model: {e.Message}", e);
        }

        Optimizer = new FusedAdamW(Model.NamedParameters, optimization.WeightDecay);
    }

    /// <summary>The model.</summary>
    public Transformer Model { get; }

    /// <summary>Its optimizer.</summary>
    public FusedAdamW Optimizer { get; }

    /// <summary>The weights under their own names.</summary>
    public IEnumerable<NamedTensor> Weights => Model.NamedParameters.Select(p => new NamedTensor(p.Name, p.Value));

    /// <summary>Whether a checkpoint's tensor is a weight.</summary>
    public static bool IsWeight(string name) => name.StartsWith(ModelPrefix, StringComparison.Ordinal);

    /// <summary>All tensors under the names of a checkpoint. Live ones: they change with the next step.</summary>
    public IReadOnlyList<NamedTensor> Tensors() =>
    [
        .. Weights.Select(w => w with { Name = ModelPrefix + w.Name }),
        .. Optimizer.State.Select(s => new NamedTensor(OptimizerPrefix + s.Name, s.Value)),
        new NamedTensor(RandomName, get_rng_state()),
    ];

    /// <summary>Copies a checkpoint's tensors in.</summary>
    /// <exception cref="TrainerException">They are those of another model.</exception>
    public void Restore(int step, IReadOnlyList<NamedTensor> tensors)
    {
        RestoreWeights(Model, step, tensors);
        try
        {
            Optimizer.Restore([.. tensors.Where(t => t.Name.StartsWith(OptimizerPrefix, StringComparison.Ordinal)).Select(t => (t.Name[OptimizerPrefix.Length..], t.Value))]);
        }
        catch (ArgumentException e)
        {
            throw Mismatch(step, e.Message);
        }

        if (tensors.FirstOrDefault(t => string.Equals(t.Name, RandomName, StringComparison.Ordinal)).Value is { } state)
        {
            set_rng_state(state);
        }
    }

    /// <summary>Copies a checkpoint's weights into a model.</summary>
    /// <exception cref="TrainerException">They are those of another model.</exception>
    public static void RestoreWeights(Transformer model, int step, IReadOnlyList<NamedTensor> tensors)
    {
        var saved = tensors.Where(t => IsWeight(t.Name)).ToDictionary(t => t.Name[ModelPrefix.Length..], t => t.Value, StringComparer.Ordinal);
        if (saved.Keys.Except(model.NamedParameters.Select(p => p.Name), StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            throw Mismatch(step, $"it holds {unknown}, which this model does not have");
        }

        using var noGradients = no_grad();
        foreach (var parameter in model.NamedParameters)
        {
            if (!saved.TryGetValue(parameter.Name, out var value) || !value.shape.SequenceEqual(parameter.Value.shape))
            {
                throw Mismatch(step, $"{parameter.Name} has the shape [{string.Join(", ", parameter.Value.shape)}] in this model, and in the checkpoint {(value is null ? "it is missing" : $"[{string.Join(", ", value.shape)}]")}");
            }

            parameter.Value.copy_(value);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimizer.Dispose();
        Model.Dispose();
    }

    private static TrainerException Mismatch(int step, string what) =>
        TrainerException.Configuration("CheckpointMismatch", $"checkpoint {step} is of another model: {what}. Give the job its own checkpoint folder, or begin anew with MHC_RESUME_STEP=none");
}
