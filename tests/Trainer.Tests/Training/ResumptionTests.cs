using System.Text.Json.Nodes;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class ResumptionTests
{
    [Fact]
    public void Another_number_of_heads_and_another_text_of_the_same_length_are_refused_and_wrong_weights_are_damage_like_any_other()
    {
        using var folder = new TemporaryFolder();
        using var job = new TestJob();
        var text = File.ReadAllBytes(TestJob.Text);
        job.Configuration.Data.Source.Path = folder.Write("text.xml", text);
        job.Configuration.Checkpoints.IntervalSteps = 2;
        Assert.Equal(ExitCode.Done, Run(job, steps: 4, attempt: 1).ExitCode);

        job.Configuration.Model.Heads = 4;
        Assert.Equal(ExitCode.ConfigurationWrong, Run(job, steps: 5, attempt: 2).ExitCode);
        Assert.Contains("spec.model.heads: 2, and this job has 4", job.Termination, StringComparison.Ordinal);
        job.Configuration.Model.Heads = 2;

        text[1000] ^= 1;
        folder.Write("text.xml", text);
        Assert.Equal(ExitCode.ConfigurationWrong, Run(job, steps: 5, attempt: 3).ExitCode);
        Assert.Contains("spec.data", job.Termination, StringComparison.Ordinal);
        text[1000] ^= 1;
        folder.Write("text.xml", text);

        var manifest = Path.Combine(job.Checkpoints, "step-00000004", "manifest.json");
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json["weightsSha256"] = new string('0', 64);
        File.WriteAllText(manifest, json.ToJsonString());
        var last = Run(job, steps: 5, attempt: 4);

        Assert.True(last.ExitCode == ExitCode.Done, last.Output);
        Assert.Contains("checkpoint 4 is torn or corrupted and is not used: the weights have the SHA-256", last.Output,
            StringComparison.Ordinal);
        Assert.Contains("training goes on after step 2", last.Output, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3, 4, 3, 4, 5], job.Trained().Select(t => t.Step));
    }

    [Fact]
    public void Two_ranks_that_differ_in_their_seed_are_refused_before_the_first_step()
    {
        using var job = new TestJob();
        using var other = new TestJob();
        other.Configuration.Optimization = other.Configuration.Optimization with { Seed = 5 };
        var port = TestJob.FreePort();
        var one = other.Environment(1, 2, port);
        one[TrainerEnvironment.CheckpointFolder] = job.Checkpoints;

        Assert.All(job.Train([job.Environment(0, 2, port), one]), rank => Assert.Equal(ExitCode.ConfigurationWrong, rank.ExitCode));

        Assert.Contains("spec.optimization.seed: 1 on rank 0, 5 on rank 1", job.Termination, StringComparison.Ordinal);
        Assert.Contains("spec.optimization.seed: 1 on rank 0, 5 on rank 1", other.TerminationOf(1), StringComparison.Ordinal);
        Assert.Empty(job.Trained());
    }

    private static TrainedRank Run(TestJob job, int steps, int attempt)
    {
        job.Configuration.Optimization.Steps = steps;
        job.Configuration.Optimization.WarmupSteps = 1;
        return job.Train((TrainerEnvironment.Attempt, $"{attempt}"));
    }
}
