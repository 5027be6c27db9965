using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Generation;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Generation;

public sealed class SamplingTests
{
    private const double Never = double.NegativeInfinity;

    [Theory]
    [InlineData(0)]
    [InlineData(1e-310)]
    [InlineData(double.Epsilon)]
    [InlineData(1e-30)]
    public void The_lower_the_temperature_the_more_it_is_the_likeliest(double temperature) => Properties.ForSeeds(20, random =>
    {
        var logits = Enumerable.Range(0, random.Next(1, 300)).Select(_ => (random.NextDouble() - 0.5) * 100).ToArray();

        Assert.Equal(Array.IndexOf(logits, logits.Max()), new Sampling(temperature).Draw(logits, random));
    });

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_number_is_refused(double logit)
    {
        foreach (var temperature in (double[])[0, 1e-310, 1])
        {
            Refused(() => new Sampling(temperature).Draw([0, logit, 1], new Random(1)));
            Refused(() => new Sampling(temperature).Draw([Never, Never], new Random(1)));
        }
    }

    [Fact]
    public void Each_token_is_drawn_as_often_as_the_model_says()
    {
        double[] probabilities = [0.1, 0.5, 0.15, 0.25];

        Drawn([10, 50, 15, 25], new Sampling(1), probabilities);
        Drawn([0, 67, 0, 33], new Sampling(1, TopK: 2), probabilities);
        Drawn([0, 100, 0, 0], new Sampling(1, TopK: 1), probabilities);
        Drawn([0, 56, 17, 28], new Sampling(1, TopP: 0.8), probabilities);
        Drawn([0, 67, 0, 33], new Sampling(1, TopP: 0.74), probabilities);
        Drawn([0, 100, 0, 0], new Sampling(1, TopP: 0), probabilities);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(300)]
    public void Of_a_vocabulary_larger_than_the_tokenizers_only_known_tokens_are_written(int vocabulary)
    {
        using var trained = Trained(new CheckpointManifest { Vocabulary = vocabulary, Format = DataFormat.Text });
        using (no_grad())
        {
            // The tokens beyond would be the likeliest.
            var embedding = trained.Model.NamedParameters.First(p => p.Value.shape[0] == vocabulary).Value;
            embedding[^1].fill_(10);
        }

        using var generator = new TextGenerator(trained, cached: true);

        var text = generator.Continue("a", 50, new Sampling(5), seed: 3);

        Assert.Equal(50, generator.Made);
        Assert.StartsWith("a", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 300)]
    [InlineData(DataFormat.Tokens, 50_257)]
    public void Numbers_of_no_known_tokenizer_make_no_text(DataFormat? format, int vocabulary) =>
        Refused(() => TokenText.Of(new CheckpointManifest { Vocabulary = vocabulary, Format = format }));

    [Fact]
    public void A_text_of_the_large_encodings_ends_with_its_last_token()
    {
        var text = TokenText.Of(new CheckpointManifest { Tokenizer = Tokenizer.Cl100k, Vocabulary = 100_352 });

        Assert.Equal((100_256, 100_257), (text.Tokens, text.End));
        Assert.Null(TokenText.Of(new CheckpointManifest { Vocabulary = 256 }).End);
    }

    [Fact]
    public void A_model_whose_weights_are_no_numbers_writes_nothing()
    {
        using var trained = Trained(new CheckpointManifest { Vocabulary = 256 });
        using (no_grad())
        {
            trained.Model.NamedParameters[0].Value.fill_(float.NaN);
        }

        using var generator = new TextGenerator(trained, cached: true);

        Refused(() => generator.Continue("a", 5, new Sampling(0.8), seed: 1));
    }

    private static TrainedModel Trained(CheckpointManifest manifest)
    {
        var spec = RandomModel.Spec(ResidualKind.Standard, StreamHead.Sum, 24);
        return new TrainedModel(new Transformer(spec, manifest.Vocabulary, Precision.Float32, KernelKind.Native, seed: 3),
            manifest with { Model = spec });
    }

    private static void Drawn(int[] expected, Sampling sampling, double[] probabilities)
    {
        const int draws = 20_000;
        var (counts, random) = (new int[probabilities.Length], new Random(7));
        for (var i = 0; i < draws; i++)
        {
            counts[sampling.Draw([.. probabilities.Select(p => Math.Log(p))], random)]++;
        }

        Assert.All(expected.Zip(counts), pair =>
            Assert.InRange(100.0 * pair.Second / draws, pair.First - (pair.First > 0 ? 1.5 : 0), pair.First + (pair.First > 0 ? 1.5 : 0)));
    }

    private static void Refused(Action action)
    {
        var error = Assert.Throws<TrainerException>(action);
        Assert.Equal(ExitCode.ConfigurationWrong, error.ExitCode);
        Assert.Contains(error.Reason, (string[])["ModelNotFinite", "NotText"]);
    }
}
