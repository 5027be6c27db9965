using MhcOperator.Api;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>What a step of a model asks for, for comparisons between machines and with other trainers.</summary>
/// <param name="model">Shapes.</param>
/// <param name="parameters">All of them.</param>
/// <param name="samples">Samples of the data set.</param>
internal sealed class ModelWork(ModelSpec model, long parameters, long samples)
{
    /// <summary>
    /// Floating-point operations of a token, forward and backward: six for each parameter, and twelve for each layer, channel and place of
    /// the context in attention (arXiv 2204.02311, appendix B).
    /// </summary>
    public double FlopsPerToken { get; } = (6.0 * parameters) + (12.0 * model.Layers * model.Width * model.ContextLength);

    /// <summary>How often the data have been gone through.</summary>
    /// <param name="dataSteps">Data steps that are over.</param>
    /// <param name="batchTokens">Tokens of one.</param>
    public double Epoch(long dataSteps, int batchTokens) => (double)dataSteps * batchTokens / model.ContextLength / samples;
}
