using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Optimization;

/// <summary>
/// One rank alone. Gradients stay where autograd makes them: with nobody to send them to, flat memory would only cost a pass over it.
/// </summary>
/// <param name="parameters">What is trained.</param>
/// <param name="weightDecay">For matrices.</param>
/// <param name="gradientClip">Largest norm; 0: any.</param>
internal sealed class LocalUpdater(IReadOnlyList<NamedParameter> parameters, double weightDecay, double gradientClip) : IUpdater
{
    private readonly FusedAdamW _optimizer = new(parameters, weightDecay);

    /// <inheritdoc/>
    public long BytesSent => 0;

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> SharedState => [.. _optimizer.State.Select(s => new NamedTensor(s.Name, s.Value))];

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> OwnState => [];

    /// <inheritdoc/>
    public void LastPassBegins()
    {
    }

    /// <inheritdoc/>
    public double Average(Span<float> means, Span<float> maxima = default) => GradientClipping.Clip(parameters, gradientClip);

    /// <inheritdoc/>
    public void Update(double learningRate) => _optimizer.Step(learningRate);

    /// <inheritdoc/>
    public void Clear() => _optimizer.ZeroGradients();

    /// <inheritdoc/>
    public void Settle()
    {
    }

    /// <inheritdoc/>
    public bool Wants(string saved) => true;

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<(string Name, Tensor Value)> state) => _optimizer.Restore(state);

    /// <inheritdoc/>
    public void Dispose() => _optimizer.Dispose();
}
