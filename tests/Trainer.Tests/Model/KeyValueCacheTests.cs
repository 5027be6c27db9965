using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Generation;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Generation;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Model;

public sealed class KeyValueCacheTests
{
    private const int Context = 24;

    [Theory]
    [InlineData(ResidualKind.Mhc, StreamHead.Sum, true)]
    [InlineData(ResidualKind.Mhc, StreamHead.Learned, false)]
    [InlineData(ResidualKind.HyperConnections, StreamHead.Sum, true)]
    [InlineData(ResidualKind.Standard, StreamHead.Sum, true)]
    public void Token_by_token_the_logits_are_those_of_the_whole_sequence(ResidualKind residual, StreamHead head, bool native)
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Make(residual, head, Context, native ? KernelKind.Native : KernelKind.Reference);
        using var cache = new KeyValueCache(model.Sizes, batch: 2);
        var tokens = randint(0, 256, [2, Context], ScalarType.Int64);
        var whole = model.Logits(tokens);

        for (var round = 0; round < 2; round++)
        {
            var parts = new[] { model.Logits(tokens.narrow(1, 0, 7), cache) }.Concat(Enumerable.Range(7, Context - 7)
                .Select(t => model.Logits(tokens.narrow(1, t, 1), cache)));
            Assert.InRange((cat([.. parts], 1) - whole).abs().max().item<float>(), 0, 1e-4f);
            Assert.True(whole.abs().max().item<float>() > 0.5);
            cache.Clear();
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Make(ResidualKind.Standard, StreamHead.Sum, Context, KernelKind.Native);
        using var cache = new KeyValueCache(model.Sizes, batch: 1);
        model.Logits(zeros(1, Context - 1, dtype: ScalarType.Int64), cache);

        Assert.Throws<ArgumentException>(() => model.Logits(zeros(1, 2, dtype: ScalarType.Int64), cache));
        model.Logits(zeros(1, 1, dtype: ScalarType.Int64), cache);
        Assert.Throws<ArgumentException>(() => model.Logits(zeros(1, 1, dtype: ScalarType.Int64), cache));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Context)]
    [InlineData(3 * Context)]
    public void Text_goes_on_over_the_end_of_the_context_as_it_does_without_a_cache(int prompt)
    {
        using var trained = new TrainedModel(RandomModel.Make(ResidualKind.Mhc, StreamHead.Sum, Context, KernelKind.Native),
            new CheckpointManifest { Vocabulary = 256, Model = new ModelSpec { ContextLength = Context } });
        using var cached = new TextGenerator(trained, cached: true);
        using var uncached = new TextGenerator(trained, cached: false);
        var text = string.Concat(Enumerable.Range(0, prompt).Select(i => (char)('a' + (i % 26))));

        var written = cached.Continue(text, 3 * Context, new Sampling(0), seed: 1);

        Assert.Equal(uncached.Continue(text, 3 * Context, new Sampling(0), seed: 1), written);
        Assert.Equal(written, cached.Continue(text, 3 * Context, new Sampling(0), seed: 1));
    }
}
