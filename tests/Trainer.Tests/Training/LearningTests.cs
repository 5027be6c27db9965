using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class LearningTests
{
    [Theory]
    [InlineData(ResidualKind.Mhc)]
    [InlineData(ResidualKind.Standard)]
    public void A_tiny_model_learns_real_text_and_writes_some(ResidualKind residual)
    {
        using var job = new TestJob();
        job.Configuration.Model.Residual = residual;
        job.Configuration.Optimization = job.Configuration.Optimization with { Steps = 120, PeakLearningRate = 0.01 };
        job.Configuration.Checkpoints.IntervalSteps = 60;

        Assert.Equal(ExitCode.Done, job.Train().ExitCode);

        var losses = job.Losses();
        Assert.InRange(losses[0], 0.9 * Math.Log(256), 1.1 * Math.Log(256));
        Assert.True(losses.TakeLast(10).Average() < 0.6 * losses[0], $"from {losses[0]} to {losses.TakeLast(10).Average()}");

        var last = JsonSerializer.Deserialize(job.Termination, ApiJsonContext.Default.TrainerStatus)!;
        Assert.Equal((120, 120, 120), (last.Step, last.TotalSteps, last.LatestCheckpoint));
        Assert.Equal(losses[^1], last.Loss!.Value, 1e-6);
        Assert.Equal(residual == ResidualKind.Mhc, last.Gap is { Row: < 1e-6, Column: > 0 and < 1 });

        var first = Sample(job, seed: 1);
        Assert.StartsWith("the ", first, StringComparison.Ordinal);
        Assert.Equal(first, Sample(job, seed: 1));
        Assert.NotEqual(first, Sample(job, seed: 2));

        var eval = Run("eval", "--checkpoint", job.Checkpoints, "--data", TestJob.Text);
        var words = eval.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["checkpoint", "120:", "loss", "perplexity", "bits", "per", "byte", "1,536", "tokens"],
            words.Take(12).Where((_, i) => i is not (3 or 5 or 6)));
        double[] figures = [.. new[] { 3, 5, 6 }.Select(i => double.Parse(words[i], CultureInfo.InvariantCulture))];
        Assert.Equal(last.ValidationLoss!.Value, figures[0], 1e-3);
        Assert.Contains("measured on 48 of the", eval, StringComparison.Ordinal);
        Assert.Equal(Math.Exp(figures[0]), figures[1], 0.01);
        Assert.Equal(figures[0] / Math.Log(2), figures[2], 0.001);
    }

    [Fact]
    public void A_job_that_computes_again_makes_the_same_steps_and_says_what_it_keeps()
    {
        using TestJob keeping = new(), fitting = new(), failing = new();
        foreach (var (job, memory) in ((TestJob, string?)[])[(keeping, null), (fitting, "2300k"), (failing, "10k")])
        {
            job.Configuration.Optimization =
                job.Configuration.Optimization with
                {
                    Steps = 4,
                    WarmupSteps = 2,
                    MicroBatchTokens = 256,
                    Recompute = memory is not null,
                    ActivationMemory = memory
                };
        }

        Assert.Equal(ExitCode.Done, keeping.Train().ExitCode);
        var said = fitting.Train();
        var warned = failing.Train();

        Assert.Equal((ExitCode.Done, ExitCode.Done), (said.ExitCode, warned.ExitCode));
        Assert.Equal(keeping.Losses(), fitting.Losses());
        Assert.Equal(keeping.Losses(), failing.Losses());
        Assert.Matches("recompute: .*streams are kept once in 2 sublayers: about 3 MiB of activations", said.Output);
        Assert.Contains(
            "warning: spec.optimization.activationMemory: 10k was given, and the least is more: the first 1 layers are computed again",
            warned.Output, StringComparison.Ordinal);
    }

    private static string Sample(TestJob job, int seed) =>
        Run("sample", "--checkpoint", job.Checkpoints, "--prompt", "the ", "--tokens", "40", "--temperature", "0.9", "--seed", $"{seed}");

    /// <summary>What a command prints.</summary>
    private static string Run(params string[] arguments)
    {
        using var output = new StringWriter();
        Assert.Equal(0, TrainerCommands.Create().Parse(arguments).Invoke(new InvocationConfiguration { Output = output }));
        return output.ToString();
    }
}
