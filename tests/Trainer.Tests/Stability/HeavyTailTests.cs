using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Stability;

namespace MhcOperator.Trainer.Tests.Stability;

/// <summary>
/// Texts of two kinds: most batches are predictable, some hold a stretch of something else, and nothing is wrong with training.
/// </summary>
public sealed class HeavyTailTests
{
    private const int Steps = 1200;

    /// <summary>Loss of the usual batches, share of the others, and how probable another follows on one.</summary>
    private static readonly (double Level, double Share, double Again)[] Kinds = [..
        from level in (double[])[0.01, 0.02, 0.3, 2]
        from share in (double[])[0.003, 0.02, 0.1, 0.25]
        from again in (double[])[0, 0.15]
        select (level, share, again)];

    public static TheoryData<double, double, double> Texts { get; } = new(Kinds);

    [Theory]
    [MemberData(nameof(Texts))]
    public void Batches_of_another_kind_are_no_instability_where_the_weights_are_well(double level, double share, double again) =>
        ForSeeds(12, random =>
    {
        var monitor = new StabilityMonitor(new StabilitySpec());
        var suspicious = 0;
        var losses = new Dictionary<long, double>();
        foreach (var (step, loss, norm) in Text(random, level, share, again))
        {
            losses[step + 100] = loss;
            var report = monitor.Observe(Series.Step(step, loss, norm), d => losses[d]);
            Assert.True(report.State != StabilityState.Unstable,
                $"step {step}: {(report.Findings is [var first, ..] ? first.Message : "")}");
            suspicious += report.State == StabilityState.Suspicious ? 1 : 0;
        }

        Assert.True(suspicious < 0.06 * Steps, $"{suspicious} of {Steps} steps looked suspicious");
    });

    [Fact]
    public void Runs_that_the_data_make_are_mostly_told_from_runaways_without_asking_the_weights()
    {
        var (unstable, runs) = (0, 0);
        foreach (var (level, share, again) in Kinds)
        {
            ForSeeds(6, random =>
            {
                var monitor = new StabilityMonitor(new StabilitySpec());
                runs++;
                unstable += Text(random, level, share, again)
                    .Any(s => monitor.Observe(Series.Step(s.Step, s.Loss, s.Norm)).State == StabilityState.Unstable) ? 1 : 0;
            });
        }

        Assert.True(unstable < 0.2 * runs, $"{unstable} of {runs} healthy runs were called unstable");
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_runaway_is_found_among_batches_of_another_kind(double level, double share, double again) => ForSeeds(6, random =>
    {
        var monitor = new StabilityMonitor(new StabilitySpec());
        var onset = random.Next(300, 1000);
        var losses = new Dictionary<long, double>();
        var found = Text(random, level, share, again)
            .Select(s => s.Step < onset ? s : (s.Step, Loss: s.Loss + 4, Norm: s.Norm * 30))
            .First(s =>
            {
                losses[s.Step + 100] = s.Loss;
                return monitor.Observe(Series.Step(s.Step, s.Loss, s.Norm),
                    d => losses[d] + (s.Step < onset ? 0 : 4)).State == StabilityState.Unstable;
            });

        // As many steps as the patience says, whatever the data.
        Assert.InRange(found.Step, onset, onset + 2);
    });

    [Fact]
    public void Data_that_stay_bad_are_found_although_the_weights_are_well_and_later_than_weights_that_are_not()
    {
        var spec = new StabilitySpec { GradientNorm = { Enabled = false } };
        int[] found = [.. ((double[])[2.0, 9.0]).Select(usual =>
        {
            var monitor = new StabilityMonitor(spec);
            return Enumerable.Range(1, 400)
                .First(step => monitor.Observe(Series.Step(step, step < 200 ? 2 : 9), _ => usual).State == StabilityState.Unstable);
        })];

        Assert.Equal([199 + (2 * spec.LossSpike.Patience), 199 + spec.LossSpike.Patience], found);
    }

    [Fact]
    public void What_is_asked_of_the_weights_is_the_last_usual_batch_and_only_where_it_decides()
    {
        var monitor = new StabilityMonitor(new StabilitySpec { LossSpike = { Patience = 2 }, GradientNorm = { Enabled = false } });
        List<long> asked = [];
        var reports = Enumerable.Range(1, 303).Select(step => monitor.Observe(Series.Step(step, step <= 300 ? 2 : 9), d =>
        {
            asked.Add(d);
            return 2.01;
        })).ToList();

        Assert.Equal([400, 400], asked);
        Assert.Equal([StabilityState.Suspicious, StabilityState.Suspicious, StabilityState.Suspicious],
            reports.Skip(300).Select(r => r.State));
        Assert.EndsWith("; the batch of data step 400, which had a loss of 2, has 2.01 now: the data explain it",
            reports[^1].Findings[0].Message, StringComparison.Ordinal);
        Assert.Equal((301, 401L), reports[^1].Onset);
    }

    [Fact]
    public void A_single_spike_of_the_first_steps_is_nothing_and_one_of_later_steps_is_suspicious()
    {
        bool[] suspicious = [.. ((int[])[10, 20, 40, 80, 300]).Select(spike =>
        {
            var monitor = new StabilityMonitor(new StabilitySpec());
            return Enumerable.Range(1, spike)
                .Select(step => monitor.Observe(Series.Step(step, step == spike ? 5 : 2, step == spike ? 9 : 1)).State)
                .ToList()[^1] == StabilityState.Suspicious;
        })];

        Assert.Equal([false, false, false, false, true], suspicious);
    }

    [Fact]
    public void Nobody_is_asked_where_a_number_is_not_finite()
    {
        var monitor = new StabilityMonitor(new StabilitySpec { NonFinite = { SkipUpdates = 0 } });
        monitor.Observe(Series.Step(1));

        Assert.Equal(StabilityState.Unstable,
            monitor.Observe(Series.Step(2, double.NaN), _ => throw new InvalidOperationException("asked")).State);
    }

    /// <summary>The same seeds each time: a rate is held against a limit.</summary>
    private static void ForSeeds(int cases, Action<Random> property)
    {
        for (var seed = 1; seed <= cases; seed++)
        {
            property(new Random(seed));
        }
    }

    private static double Usual(int step, double level, Random random) =>
        (level + (5 * Math.Exp(-step / 40.0))) * (1 + (0.05 * Series.Normal(random)));

    private static IEnumerable<(int Step, double Loss, double Norm)> Text(Random random, double level, double share, double again)
    {
        var other = false;
        for (var step = 1; step <= Steps; step++)
        {
            other = random.NextDouble() < (other ? Math.Max(again, share) : share * (1 - again));
            var loss = Usual(step, level, random);
            var norm = Series.Norm(step, 0.3, random);
            yield return other ? (step, loss + 0.2 + random.NextDouble(), norm * (1 + (20 * random.NextDouble()))) : (step, loss, norm);
        }
    }
}
