using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Stability;

namespace MhcOperator.Trainer.Tests.Stability;

public sealed class LearningWatchTests
{
    private const double Frequencies = 3.43;

    /// <summary>Name, loss by step, and the steps between which it is said; null: never.</summary>
    public static TheoryData<string, int, int, int?> Courses { get; } = new()
    {
        { "stuck from step 60 on, short", 240, 20, 60 },
        { "stuck from step 60 on, long", 4000, 100, 60 },
        { "stuck from the beginning", 600, 20, 0 },
        { "falls to 0.5 and stays", 4000, 100, null },
        { "falls to 2 and stays", 4000, 100, null },
        { "creeps, as the rate falls", 240, 20, 100 },
        { "slow and steady", 4000, 100, null },
        { "slow and steady", 250, 20, null },
        { "long warm-up", 4000, 2000, null },
    };

    [Theory]
    [MemberData(nameof(Courses))]
    public void Training_that_does_not_learn_is_told_once(string course, int steps, int warmup, int? stuck)
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            var watch = new LearningWatch(steps, warmup, () => Frequencies);
            List<(int Step, string Said)> said = [];
            for (var step = 1; step <= steps; step++)
            {
                if (watch.Observe(step, Loss(course, step, steps, warmup) * (1 + (0.03 * Series.Normal(random)))) is { } text)
                {
                    said.Add((step, text));
                }
            }

            if (stuck is not { } since)
            {
                Assert.Empty(said);
                Assert.Null(watch.NotSince);
                continue;
            }

            var (at, words) = Assert.Single(said);
            Assert.InRange(at, since + 100, Math.Max(since + 200, (int)(0.45 * steps)));
            // What is told at the end may name another step than what was told on the way.
            Assert.InRange(watch.NotSince!.Value, since, since + (steps / 2));
            Assert.Matches("has hardly learned since step [0-9]+: the loss is ", words);
        }
    }

    [Fact]
    public void It_is_over_when_the_loss_falls_again_and_told_again_when_it_stops()
    {
        var watch = new LearningWatch(4000, 10, () => Frequencies);
        var said = Enumerable.Range(1, 4000).Select(step => watch.Observe(step, step < 1500 ? 3.3 : 2.9)).Count(s => s is not null);

        Assert.Equal(2, said);
        Assert.InRange(watch.NotSince!.Value, 1500, 1550);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_left_to_others()
    {
        var watch = new LearningWatch(400, 10, () => Frequencies);

        Assert.All(Enumerable.Range(1, 400), step => Assert.Null(watch.Observe(step, double.NaN)));
    }

    [Theory]
    [InlineData(new long[] { }, 0)]
    [InlineData(new long[] { 3, 3, 3 }, 0)]
    [InlineData(new long[] { 0, 1, 2, 3 }, 1.3862943611198906)]
    [InlineData(new long[] { 0, 0, 1 }, 0.6365141682948128)]
    public void The_frequencies_entropy_is_the_loss_of_a_model_that_knows_nothing_else(long[] tokens, double entropy)
    {
        var frequencies = new TokenFrequencies(4);
        frequencies.Add(tokens);

        Assert.Equal(entropy, frequencies.Entropy, 12);
    }

    private static double Loss(string course, int step, int steps, int warmup) => course switch
    {
        "stuck from the beginning" => 3.4,
        "falls to 0.5 and stays" => 0.5 + (5 * Math.Exp(-step / 100.0)),
        "falls to 2 and stays" => 2 + (3.5 * Math.Exp(-step / 100.0)),
        "creeps, as the rate falls" => 2.8 + (0.7 * Math.Exp(-step / 120.0)),
        "slow and steady" => 5.5 - (2.4 * Math.Sqrt((double)step / steps)),
        "long warm-up" => step <= warmup ? 5.5 : 2 + (3.5 * Math.Exp(-(step - warmup) / 100.0)),
        _ => 2.8 + (2.7 * Math.Max(0, 1 - (step / 60.0))),
    };
}
