using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Stability;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Stability;

public sealed class StabilityMonitorTests
{
    private static readonly GainStatus High = new() { Forward = 1, Backward = 3000 };

    [Fact]
    public void Smooth_noisy_training_is_hardly_ever_suspicious_and_never_unstable()
    {
        var (steps, suspicious) = (0, 0);
        Properties.ForSeeds(40, random =>
        {
            var monitor = new StabilityMonitor(new StabilitySpec());
            var (loss, norm) = (0.002 + (0.06 * random.NextDouble()), 0.05 + (0.4 * random.NextDouble()));
            for (var step = 1; step <= 600; step++)
            {
                var report = monitor.Observe(Series.Step(step, Series.Loss(step, loss, random), Series.Norm(step, norm, random)));
                Assert.NotEqual(StabilityState.Unstable, report.State);
                steps++;
                suspicious += report.State == StabilityState.Suspicious ? 1 : 0;
            }
        });

        Assert.True(suspicious < 1e-3 * steps, $"{suspicious} of {steps} healthy steps looked suspicious");
    }

    [Fact]
    public void From_its_limit_on_a_value_stands_out_and_under_it_none_does() => Properties.ForSeeds(40, random =>
    {
        var spec = new StabilitySpec { LossSpike = { Patience = 1 }, GradientNorm = { Patience = 1 }, Gain = { Threshold = 50 } };
        var monitor = new StabilityMonitor(spec);
        var step = 0;
        while (step < 100)
        {
            step++;
            monitor.Observe(Series.Step(step, Series.Loss(step, 0.01, random), Series.Norm(step, 0.05, random)));
        }

        var limits = monitor.Limits;
        var memory = monitor.Memory;
        Assert.Equal(50, limits["gain"]);
        foreach (var (factor, stands) in new[] { (0.999, false), (1.001, true) })
        {
            foreach (var name in (string[])["loss", "gradientNorm"])
            {
                var judge = new StabilityMonitor(spec);
                judge.Restore(memory);
                Assert.Equal(limits[name], judge.Limits[name], 9);
                var report = judge.Observe(
                    Series.Step(step + 1, name == "loss" ? factor * limits["loss"] : 1.5,
                        name == "gradientNorm" ? factor * limits[name] : 0.4));
                Assert.Equal(stands, report.Findings.Concat(report.Notes).Any(finding => finding.Evidence.ContainsKey(name)));
            }
        }
    });

    [Fact]
    public async Task Limits_may_be_asked_for_while_training_goes_on()
    {
        var monitor = new StabilityMonitor(new StabilitySpec());
        var random = new Random(1);
        var training = Task.Run(
            () =>
            {
                for (var step = 1; step <= 5000; step++)
                {
                    monitor.Observe(Series.Step(step, Series.Loss(step, 0.01, random), Series.Norm(step, 0.05, random)));
                }
            },
            TestContext.Current.CancellationToken);
        while (!training.IsCompleted)
        {
            Assert.All(monitor.Limits.Values, limit => Assert.True(double.IsFinite(limit), "a limit is no number"));
        }

        await training;
    }

    [Fact]
    public void A_value_that_is_not_judged_or_not_yet_has_no_limit()
    {
        var spec = new StabilitySpec { GradientNorm = { Enabled = false }, Gain = { Enabled = false } };
        Assert.Empty(new StabilityMonitor(spec).Limits);
    }

    [Fact]
    public void A_loss_that_jumps_and_stays_up_is_found_within_the_patience() => Properties.ForSeeds(60, random =>
    {
        var spec = new StabilitySpec { GradientNorm = { Enabled = false } };
        var monitor = new StabilityMonitor(spec);
        var onset = random.Next(20, 300);
        var noise = 0.01 + (0.03 * random.NextDouble());
        var jump = 1.8 + random.NextDouble();
        StabilityReport report;
        var step = 0;
        do
        {
            step++;
            double LossNow() => Series.Loss(step, noise, random) * (step >= onset ? jump : 1);
            report = monitor.Observe(Series.Step(step, LossNow()), _ => LossNow());
        }
        while (report.State != StabilityState.Unstable && step < onset + 20);

        Assert.Equal(onset + spec.LossSpike.Patience - 1, step);
        Assert.Equal((onset, onset + 100L), report.Onset);
        Assert.Equal("LossSpike", report.Findings[0].Reason);
    });

    [Fact]
    public void A_runaway_that_follows_the_window_is_found() => Properties.ForSeeds(30, random =>
    {
        // Each step is a little worse than the one before: no single one stands out from the newest values.
        var monitor = new StabilityMonitor(new StabilitySpec { GradientNorm = { Enabled = false } });
        var rise = 0.02 + (0.08 * random.NextDouble());
        var step = 0;
        StabilityReport report;
        do
        {
            step++;
            report = monitor.Observe(Series.Step(step, Series.Loss(step, 0.01, random) + (step > 200 ? rise * (step - 200) : 0)));
        }
        while (report.State != StabilityState.Unstable && step < 600);

        Assert.InRange(step, 201, 200 + (int)(1.2 / rise));
    });

    [Fact]
    public void A_gradient_norm_that_explodes_is_found_although_the_loss_is_calm() => Properties.ForSeeds(30, random =>
    {
        var spec = new StabilitySpec();
        var monitor = new StabilityMonitor(spec);
        var onset = random.Next(150, 300);
        StabilityReport report;
        var step = 0;
        do
        {
            step++;
            report = monitor.Observe(
                Series.Step(step, Series.Loss(step, 0.01, random), Series.Norm(step, 0.1, random) * (step >= onset ? 1000 : 1)),
                _ => Series.Loss(step, 0.01, random));
        }
        while (report.State != StabilityState.Unstable && step < onset + 20);

        // While the weights still do what they did, it takes longer.
        Assert.InRange(step, onset + spec.GradientNorm.Patience - 1, onset + (3 * spec.GradientNorm.Patience));
        Assert.Equal("GradientNormSpike", report.Findings[0].Reason);
    });

    [Theory]
    [InlineData(2.0, 2.01, false)]
    [InlineData(2.0, 2.5, true)]
    [InlineData(0.0, 0.0005, false)]
    [InlineData(0.0, 0.5, true)]
    public void A_window_without_variance_takes_small_changes_and_finds_large_ones(double level, double next, bool suspicious)
    {
        var monitor = new StabilityMonitor(new StabilitySpec());
        for (var step = -200; step <= 64; step++)
        {
            monitor.Observe(Series.Step(step, level, 1));
        }

        var report = monitor.Observe(Series.Step(65, next, 1));

        Assert.Equal(suspicious, report.State == StabilityState.Suspicious);
    }

    [Fact]
    public void A_window_does_not_learn_from_suspicious_steps()
    {
        var monitor = Calm(new StabilitySpec { LossSpike = { Patience = 1000 }, GradientNorm = { Enabled = false } });

        var states = Enumerable.Range(101, 200).Select(step => monitor.Observe(Series.Step(step, 9)).State).Distinct();

        Assert.Equal([StabilityState.Suspicious], states);
    }

    [Fact]
    public void One_bad_step_is_forgotten_when_the_next_is_healthy()
    {
        var monitor = Calm(new StabilitySpec());
        monitor.Observe(Series.Step(101, 9));

        var healthy = monitor.Observe(Series.Step(102));
        var again = monitor.Observe(Series.Step(103, 9));

        Assert.Equal(StabilityState.Healthy, healthy.State);
        Assert.Null(healthy.Onset);
        Assert.Equal((103, 203L), again.Onset);
    }

    [Fact]
    public void Non_finite_updates_are_left_out_until_there_are_too_many()
    {
        var monitor = Calm(new StabilitySpec { NonFinite = { SkipUpdates = 2 } });

        var reports = Enumerable.Range(101, 3).Select(step => monitor.Observe(Series.Step(step, norm: double.NaN))).ToList();

        Assert.All(reports, r => Assert.True(r.SkipUpdate));
        Assert.Equal([StabilityState.Suspicious, StabilityState.Suspicious, StabilityState.Unstable], reports.Select(r => r.State));
        Assert.Equal("NonFiniteGradient", reports[^1].Findings[0].Reason);
        Assert.Equal(101, reports[^1].Onset?.Step);
    }

    [Fact]
    public void An_infinite_loss_is_named_before_its_gradient()
    {
        var monitor = Calm(new StabilitySpec { NonFinite = { SkipUpdates = 0 } });

        var report = monitor.Observe(Series.Step(101, double.PositiveInfinity, double.NaN));

        Assert.Equal("NonFiniteLoss", report.Findings[0].Reason);
        Assert.Equal(StabilityState.Unstable, report.State);
    }

    [Fact]
    public void A_high_gain_alone_is_noted_and_training_is_healthy()
    {
        var monitor = Calm(new StabilitySpec { Gain = { Threshold = 100, Patience = 2 } });

        var reports = Enumerable.Range(101, 200)
            .Select(
                step => monitor.Observe(Series.Step(step, gain: step % 10 == 1 ? High : null),
                    _ => throw new InvalidOperationException("asked"))).ToList();

        Assert.All(reports, r => Assert.Equal(StabilityState.Healthy, r.State));
        Assert.All(reports, r => Assert.Equal("GainExceeded", Assert.Single(r.Notes).Reason));
        Assert.Equal(StabilityState.Suspicious, monitor.Observe(Series.Step(301, 9)).State);
    }

    [Fact]
    public void A_high_gain_beside_another_finding_counts_by_measurements_and_not_by_steps()
    {
        var monitor = Calm(new StabilitySpec { Gain = { Threshold = 100, Patience = 2 }, LossSpike = { Patience = 100 } });

        var reports = new[] { Series.Step(101, 9, gain: High), Series.Step(102, 9), Series.Step(103, 9),
            Series.Step(104, 9, gain: High) }.Select(s => monitor.Observe(s)).ToList();

        Assert.Equal([StabilityState.Suspicious, StabilityState.Suspicious, StabilityState.Suspicious, StabilityState.Unstable],
            reports.Select(r => r.State));
        Assert.Equal("GainExceeded", reports[^1].Findings[0].Reason);
    }

    [Theory]
    [InlineData(2.0, false)]
    [InlineData(8.0, true)]
    public void A_high_gain_and_one_bad_batch_are_an_instability_where_the_weights_are_not_well(double usual, bool unstable)
    {
        var monitor = Calm(new StabilitySpec { Gain = { Threshold = 100, Patience = 1 } });

        Assert.Equal(unstable ? StabilityState.Unstable : StabilityState.Suspicious,
            monitor.Observe(Series.Step(101, 9, gain: High), _ => usual).State);
    }

    [Fact]
    public void A_gain_that_is_not_a_number_is_over_every_limit()
    {
        var monitor = Calm(new StabilitySpec { Gain = { Patience = 1 } });

        Assert.Equal(StabilityState.Unstable, monitor.Observe(Series.Step(101, gain: new GainStatus { Forward = double.NaN })).State);
    }

    [Fact]
    public void What_is_disabled_is_not_looked_for()
    {
        var monitor = Calm(new StabilitySpec
        {
            NonFinite = { Enabled = false },
            LossSpike = { Enabled = false },
            GradientNorm = { Enabled = false },
            Gain = { Enabled = false },
            Gap = { Enabled = false },
        });

        var report = monitor.Observe(Series.Step(101, double.NaN, 1e9, new GainStatus { Forward = 1e9 }, new GapStatus { Row = 1e9 }));

        Assert.Equal(StabilityState.Healthy, report.State);
        Assert.False(report.SkipUpdate);
    }

    [Theory]
    [InlineData(5, 200)]
    [InlineData(1, 20)] // before and while there are first enough steps to judge by
    public void A_restored_monitor_judges_like_the_one_that_was_saved(int least, int most) => Properties.ForSeeds(20, random =>
    {
        var original = new StabilityMonitor(new StabilitySpec());
        var steps = random.Next(least, most);
        for (var step = 1; step <= steps; step++)
        {
            original.Observe(Series.Step(step, Series.Loss(step, 0.02, random), Series.Norm(step, 0.2, random)));
        }

        var restored = new StabilityMonitor(new StabilitySpec());
        restored.Restore(original.Memory);
        for (var step = steps + 1; step <= steps + 50; step++)
        {
            var observation = Series.Step(step, Series.Loss(step, 0.3, random), Series.Norm(step, 2, random));
            Assert.Equal(original.Observe(observation).State, restored.Observe(observation).State);
        }
    });

    private static StabilityMonitor Calm(StabilitySpec spec)
    {
        var monitor = new StabilityMonitor(spec);
        var random = new Random(1);
        for (var step = -199; step <= 100; step++)
        {
            monitor.Observe(Series.Step(step, 2 + (0.02 * Series.Normal(random)), Math.Exp(0.1 * Series.Normal(random))));
        }

        return monitor;
    }
}
