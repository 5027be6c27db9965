using FsCheck;
using FsCheck.Fluent;
using MhcOperator.Trainer.Mhc;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Mhc;

public sealed class SinkhornTests
{
    private const int Iterations = 20;
    private const int Converged = 1000;

    private static readonly Gen<(int N, double Deviation, int Seed)> Cases =
        from n in Gen.Choose(1, 8)
        from deviation in Gen.Elements(0.1, 1.0, 3.0, 30.0)
        from seed in Gen.Choose(0, int.MaxValue)
        select (n, deviation, seed);

    [Fact]
    public void Rows_sum_to_one_and_nothing_is_negative_on_both_paths() =>
        Prop.ForAll(Cases.ToArbitrary(), c =>
        {
            using var scope = NewDisposeScope();
            using var random = new RandomCase(c.Seed);
            var logits = random.Single(c.Deviation, 5, c.N, c.N).detach();

            foreach (var output in new[] { MhcReference.SinkhornKnopp(logits.to(ScalarType.Float64), Iterations),
                MhcKernels.Sinkhorn(logits, Iterations) })
            {
                Assert.True((output.sum(-1) - 1).abs().max().ToDouble() < 1e-5);
                Assert.True(output.min().ToDouble() >= 0);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Adding_a_number_to_a_row_or_a_column_of_the_logits_changes_the_converged_result_nothing() =>
        Prop.ForAll(Cases.Where(c => c.Deviation <= 1).ToArbitrary(), c =>
        {
            using var scope = NewDisposeScope();
            using var random = new RandomCase(c.Seed);
            var logits = RandomCase.Double(random.Single(c.Deviation, 3, c.N, c.N)).detach();
            var shift = RandomCase.Double(random.Single(1, 3, c.N, 1)).detach() + RandomCase.Double(random.Single(1, 3, 1, c.N)).detach();

            RandomCase.AssertClose("shifted", MhcReference.SinkhornKnopp(logits, Converged),
                MhcReference.SinkhornKnopp(logits + shift, Converged), 1e-9);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Two_streams_follow_the_closed_form() =>
        Prop.ForAll(Cases.Where(c => c.Deviation <= 1).ToArbitrary(), c =>
        {
            using var scope = NewDisposeScope();
            using var random = new RandomCase(c.Seed);
            var l = RandomCase.Double(random.Single(c.Deviation, 2, 2)).detach();
            var odds = Math.Exp((l[0, 0] + l[1, 1] - l[0, 1] - l[1, 0]).ToDouble() / 2);

            Assert.Equal(odds / (1 + odds), MhcReference.SinkhornKnopp(l.unsqueeze(0), Converged)[0, 0, 0].ToDouble(), 1e-9);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(90)]
    [InlineData(174)]
    public void Logits_that_overflow_exp_give_finite_results_and_gradients(double size)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(3);
        var logits = (random.Single(3, 9, 4, 4).detach() + size).requires_grad_();
        var upstream = random.Single(1, 9, 4, 4).detach();

        var gradient = autograd.grad([MhcReference.SinkhornKnopp(logits, Iterations)], [logits], [upstream])[0];

        Assert.True(MhcKernels.Sinkhorn(logits, Iterations).isfinite().all().ToBoolean());
        Assert.True(MhcKernels.SinkhornBackward(logits, upstream, Iterations).isfinite().all().ToBoolean());
        Assert.True(gradient.isfinite().all().ToBoolean());
    }
}
