using System.Runtime.InteropServices;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Optimization;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Training;

/// <summary>All tensors that training carries from step to step: weights, optimizer state and libtorch's random state.</summary>
internal sealed class TrainingState : IDisposable
{
    private const string ModelPrefix = "model.";
    private const string OptimizerPrefix = "optimizer.";
    private const string RandomName = "random.torch";

    private IUpdater? _updater;

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
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid, $"spec.model: {e.Message}", e);
        }
    }

    /// <summary>The model.</summary>
    public Transformer Model { get; }

    /// <summary>What makes the next weights out of gradients.</summary>
    public IUpdater Updater => _updater ?? throw new InvalidOperationException("There is no updater before the ranks have met.");

    /// <summary>The weights under their own names.</summary>
    public IEnumerable<NamedTensor> Weights => Model.NamedParameters.Select(p => new NamedTensor(p.Name, p.Value));

    /// <summary>Whether a checkpoint's tensor is a weight.</summary>
    public static bool IsWeight(string name) => name.StartsWith(ModelPrefix, StringComparison.Ordinal);

    /// <summary>The ranks have met: what they train together is laid out for them.</summary>
    /// <param name="gang">The ranks.</param>
    /// <param name="configuration">Of the job.</param>
    /// <param name="numbers">How many travel with each step.</param>
    public void Join(IGang gang, TrainerConfiguration configuration, int numbers)
    {
        var (decay, clip) = (configuration.Optimization.WeightDecay, configuration.Optimization.GradientClip);
        _updater = gang.Size == 1
            ? new LocalUpdater(Model.NamedParameters, decay, clip)
            : new GangUpdater(gang, Model.NamedParameters, configuration.Parallelism, decay, clip, numbers,
                overlaps: configuration.Drills.Count == 0);
    }

    /// <summary>Tensors that all ranks hold alike, under the names of a checkpoint. Live ones: they change with the next step.</summary>
    public IReadOnlyList<NamedTensor> SharedTensors() =>
    [
        .. Weights.Select(w => w with { Name = ModelPrefix + w.Name }),
        .. Updater.SharedState.Select(Saved),
        new NamedTensor(RandomName, get_rng_state()),
    ];

    /// <summary>Tensors that this rank alone holds, as <see cref="SharedTensors"/>.</summary>
    public IReadOnlyList<NamedTensor> OwnTensors() => [.. Updater.OwnState.Select(Saved)];

    /// <summary>Whether this rank needs a tensor of a checkpoint.</summary>
    public bool Wants(string name) =>
        !name.StartsWith(OptimizerPrefix, StringComparison.Ordinal) || Updater.Wants(name[OptimizerPrefix.Length..]);

    /// <summary>Copies a checkpoint's tensors in.</summary>
    /// <returns>What kept the optimizer's state from being taken, after the weights were; null: nothing.</returns>
    /// <exception cref="InvalidDataException">They are not those of this model; nothing has been changed.</exception>
    public string? Restore(IReadOnlyList<NamedTensor> tensors)
    {
        RestoreWeights(Model, tensors);
        try
        {
            Updater.Restore(
                [.. tensors.Where(t => t.Name.StartsWith(OptimizerPrefix, StringComparison.Ordinal))
                    .Select(t => (t.Name[OptimizerPrefix.Length..], t.Value))]);
            if (tensors.FirstOrDefault(t => string.Equals(t.Name, RandomName, StringComparison.Ordinal)).Value is { } state)
            {
                set_rng_state(state);
            }

            return null;
        }
        catch (Exception e) when (e is ArgumentException or ExternalException)
        {
            return e.Message;
        }
    }

    /// <summary>A checkpoint's weights, under their own names.</summary>
    public static IEnumerable<NamedTensor> WeightsOf(IEnumerable<NamedTensor> tensors) =>
        tensors.Where(t => IsWeight(t.Name)).Select(t => t with { Name = t.Name[ModelPrefix.Length..] });

    /// <summary>Copies a checkpoint's weights into a model.</summary>
    /// <exception cref="InvalidDataException">They are not those of this model; nothing has been changed.</exception>
    public static void RestoreWeights(Transformer model, IReadOnlyList<NamedTensor> tensors)
    {
        var saved = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var weight in WeightsOf(tensors))
        {
            if (!saved.TryAdd(weight.Name, weight.Value))
            {
                throw new InvalidDataException($"{weight.Name} is there twice");
            }
        }

        foreach (var parameter in model.NamedParameters)
        {
            if (!saved.Remove(parameter.Name, out var value) || value.dtype != parameter.Value.dtype
                || !value.shape.SequenceEqual(parameter.Value.shape))
            {
                throw new InvalidDataException(
                    $"{parameter.Name} has the shape [{string.Join(", ", parameter.Value.shape)}] in this model, and in the checkpoint {(value is null ? "it is missing" : $"{value.dtype} [{string.Join(", ", value.shape)}]")}");
            }
        }

        if (saved.Keys.FirstOrDefault() is { } unknown)
        {
            throw new InvalidDataException($"it holds {unknown}, which this model does not have");
        }

        var weights = WeightsOf(tensors).ToDictionary(t => t.Name, t => t.Value, StringComparer.Ordinal);
        using var noGradients = no_grad();
        foreach (var parameter in model.NamedParameters)
        {
            parameter.Value.copy_(weights[parameter.Name]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _updater?.Dispose();
        Model.Dispose();
    }

    private static NamedTensor Saved(NamedTensor state) => state with { Name = OptimizerPrefix + state.Name };
}
