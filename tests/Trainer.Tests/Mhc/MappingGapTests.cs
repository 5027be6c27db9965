using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Stability;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Stability;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Mhc;

public sealed class MappingGapTests
{
    private const int Tokens = 1000;
    private const int Streams = 4;

    [Fact]
    public void The_gap_is_the_farthest_sum_from_1_of_all_tokens_and_sublayers()
    {
        using var scope = NewDisposeScope();
        using var gap = new MappingGap();

        gap.Add(eye(2).expand(3, 2, 2));
        gap.Add(tensor([0.5f, 0.5f, 0.75f, 0.25f, 0.9f, 0.2f, 0, 1], [2, 2, 2]));
        gap.Add(eye(2).expand(3, 2, 2));
        var measured = gap.Measure();

        // Token 0: rows 1 and 1, columns 1.25 and 0.75. Token 1: rows 1.1 and 1, columns 0.9 and 1.2.
        Assert.NotNull(measured);
        Assert.Equal(0.1, measured.Row, 1e-6);
        Assert.Equal(0.25, measured.Column, 1e-6);
    }

    [Fact]
    public void One_token_in_a_thousand_is_seen_as_a_plain_computation_in_float64_sees_it()
    {
        using var scope = NewDisposeScope();
        using var gap = new MappingGap();
        var random = new Random(3);
        double row = 0, column = 0;
        for (var sublayer = 0; sublayer < 5; sublayer++)
        {
            var logits = new float[Tokens * Streams * Streams];
            for (var i = 0; i < logits.Length; i++)
            {
                // Far from converged in one of them only.
                logits[i] = (float)(Series.Normal(random) * (i / (Streams * Streams) == 321 && sublayer == 2 ? 12 : 0.3));
            }

            var mappings = MhcReference.SinkhornKnopp(tensor(logits, [Tokens, Streams, Streams]), iterations: 20);
            gap.Add(mappings);
            var (rows, columns) = Farthest(mappings.data<float>().ToArray());
            (row, column) = (Math.Max(row, rows), Math.Max(column, columns));
        }

        var measured = gap.Measure();

        Assert.InRange(column, 0.01, Streams - 1);
        Assert.Equal(column, measured!.Column, 1e-6);
        Assert.Equal(row, measured.Row, 1e-6);
        Assert.InRange(measured.Row, 0, 1e-6);
    }

    [Fact]
    public void NaN_of_one_token_is_not_lost_in_the_maximum_whatever_comes_after()
    {
        using var scope = NewDisposeScope();
        using var gap = new MappingGap();

        gap.Add(eye(2).expand(3, 2, 2));
        gap.Add(tensor([1f, 0, 0, 1, float.NaN, 0, 0, 1, 5, 0, 0, 1], [3, 2, 2]));
        gap.Add(9 * eye(2).expand(3, 2, 2));

        Assert.Equal((double.NaN, double.NaN), (gap.Measure()!.Row, gap.Measure()!.Column));
    }

    [Fact]
    public void Without_mappings_there_is_no_gap()
    {
        using var gap = new MappingGap();

        Assert.Null(gap.Measure());
    }

    [Fact]
    public void Rows_that_sum_to_318_are_found_in_the_first_measurement_by_a_verdict_that_names_them()
    {
        using var scope = NewDisposeScope();
        using var gap = new MappingGap();
        using var noise = rand(Tokens, Streams, Streams);

        gap.Add(MhcReference.SinkhornKnopp(noise, iterations: 20));
        gap.Add(318 * MhcReference.SinkhornKnopp(noise, iterations: 20));
        var step = Series.Step(1, gap: gap.Measure());
        var report = new StabilityMonitor(new StabilitySpec()).Observe(step);

        Assert.Equal(StabilityState.Unstable, report.State);
        var verdict = VerdictBuilder.Build(report, step, new RollbackPolicy(), []);
        Assert.Equal(("GapExceeded", 1), (verdict.Reason, verdict.DetectedStep));
        Assert.StartsWith("residual mappings are not doubly stochastic: a row's sum is 317 off 1, ", verdict.Message,
            StringComparison.Ordinal);
        Assert.Equal(317, verdict.Evidence["gapRow"], 0.01);
    }

    [Theory]
    [InlineData(ResidualKind.Mhc, true, Precision.Float32)]
    [InlineData(ResidualKind.Mhc, true, Precision.BFloat16)]
    [InlineData(ResidualKind.Mhc, false, Precision.Float32)]
    [InlineData(ResidualKind.HyperConnections, true, Precision.Float32)]
    [InlineData(ResidualKind.Standard, true, Precision.Float32)]
    public void A_model_whose_residual_path_is_mHC_has_a_gap_and_no_other_has(ResidualKind residual, bool fused, Precision precision)
    {
        using var scope = NewDisposeScope();
        using var gap = new MappingGap();
        var spec = new ModelSpec { Layers = 2, Width = 32, Heads = 2, ContextLength = 16, Residual = residual };
        using var model = new Transformer(spec, vocabulary: 256, precision, fused ? KernelKind.Native : KernelKind.Reference, seed: 1)
        {
            Recompute = new RecomputePlan(2, 1, 1),
            Gap = gap,
        };

        Transformer.Backward(model.Loss(randint(0, 256, [2, 17], dtype: ScalarType.Int64)));
        var measured = gap.Measure();

        if (residual == ResidualKind.Mhc)
        {
            Assert.InRange(measured!.Row, 0, 1e-6);
            Assert.InRange(measured.Column, 1e-9, 0.05);
        }
        else
        {
            Assert.Null(measured);
        }
    }

    private static (double Row, double Column) Farthest(float[] mappings)
    {
        double row = 0, column = 0;
        for (var at = 0; at < mappings.Length; at += Streams * Streams)
        {
            for (var i = 0; i < Streams; i++)
            {
                double inRow = 0, inColumn = 0;
                for (var j = 0; j < Streams; j++)
                {
                    inRow += mappings[at + (i * Streams) + j];
                    inColumn += mappings[at + (j * Streams) + i];
                }

                (row, column) = (Math.Max(row, Math.Abs(inRow - 1)), Math.Max(column, Math.Abs(inColumn - 1)));
            }
        }

        return (row, column);
    }
}
