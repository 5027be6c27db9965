using MhcOperator.Api;

namespace MhcOperator.Trainer.State;

/// <summary>The sizes of a model with all defaults filled in.</summary>
internal sealed record ModelDimensions
{
    private const int FeedForwardMultiple = 64;

    /// <exception cref="ArgumentException">Sizes do not fit together; the message names the field.</exception>
    public ModelDimensions(ModelSpec model, int vocabulary)
    {
        Layers = model.Layers;
        Width = model.Width;
        Heads = model.Heads;
        KeyValueHeads = model.KeyValueHeads ?? model.Heads;
        FeedForwardWidth = model.FeedForwardWidth ?? RoundUp((8L * model.Width + 2) / 3);
        ContextLength = model.ContextLength;
        Vocabulary = vocabulary;
        var problem = FirstProblem(model.Residual == ResidualKind.Standard ? 1 : model.Mhc.Streams);
        if (problem is not null)
        {
            throw new ArgumentException(problem, nameof(model));
        }
    }

    public int Layers { get; }

    /// <summary>C.</summary>
    public long Width { get; }

    public long Heads { get; }

    public long KeyValueHeads { get; }

    /// <summary>D.</summary>
    public long HeadWidth => Width / Heads;

    public long FeedForwardWidth { get; }

    public long ContextLength { get; }

    public long Vocabulary { get; }

    private static long RoundUp(long width) => (width + FeedForwardMultiple - 1) / FeedForwardMultiple * FeedForwardMultiple;

    private string? FirstProblem(int streams) =>
        Layers < 1 ? "model.layers must be at least 1."
        : Heads < 1 || Width < 1 || Width % Heads != 0 ? "model.width must be a multiple of model.heads."
        : HeadWidth % 2 != 0 ? "model.width / model.heads must be even, for rotary positions."
        : KeyValueHeads < 1 || Heads % KeyValueHeads != 0 ? "model.keyValueHeads must be a divisor of model.heads."
        : FeedForwardWidth < 1 ? "model.feedForwardWidth must be at least 1."
        : ContextLength < 1 ? "model.contextLength must be at least 1."
        : Vocabulary < 2 ? "model.vocabulary must be at least 2."
        : streams is < 1 or > 8 ? "model.mhc.streams must be from 1 to 8."
        : null;
}
