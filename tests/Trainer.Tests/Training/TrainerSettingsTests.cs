using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class TrainerSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    public TrainerSettingsTests()
    {
        _environment[TrainerEnvironment.Configuration] = _folder.Write("trainer.json", """{"job":"from-file","namespace":"team"}"""u8);
        _environment[TrainerEnvironment.CheckpointFolder] = _folder.File("checkpoints");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_contracts_environment_is_read()
    {
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("RANK", "1"), ("WORLD_SIZE", "4"), ("LOCAL_WORLD_SIZE", "2"),
            ("MHC_ATTEMPT", "3"), ("MHC_TAKE_OVER", "true"), ("MHC_JOB_SINCE", "4102444800"), ("MASTER_ADDR", "job-3-0.job"),
            ("MASTER_PORT", "29501"), ("MHC_RESUME_STEP", "1100"), ("MHC_SKIP_WINDOWS", "5-9,20-30"), ("MHC_LEARNING_RATE_FACTOR", "0.5"),
            ("MHC_STATUS_PORT", "8470"), ("MHC_JOB", "job")])
        {
            _environment[name] = value;
        }

        var settings = Read();

        Assert.Equal("rank 1 of 4, attempt 3 of job team/job", settings.Identity.ToString());
        Assert.Equal(("job-3-0.job", 29501, 8470), (settings.MasterAddress, settings.MasterPort, settings.StatusPort));
        Assert.True(settings.TakeOver);
        Assert.Equal(4_102_444_800, settings.JobSince);
        Assert.Equal(1100, settings.Resume.Step);
        Assert.Equal([new DataWindow(5, 9), new DataWindow(20, 30)], settings.SkipWindows);
        Assert.Equal(0.5, settings.LearningRateFactor);
        Assert.Equal(Math.Max(1, Environment.ProcessorCount / 2), settings.Threads);
    }

    [Fact]
    public void Little_is_needed_for_one_process()
    {
        var settings = Read();

        Assert.Equal("rank 0 of 1, attempt 1 of job team/from-file", settings.Identity.ToString());
        Assert.Null(settings.Resume.Step);
        Assert.Null(settings.StatusPort);
        Assert.False(settings.TakeOver);
        Assert.Equal(0, settings.JobSince);
        Assert.Empty(settings.SkipWindows);
    }

    [Theory]
    [InlineData("3", null, 3)]
    [InlineData("3", "5", 3)]
    [InlineData(null, "5", 5)]
    [InlineData(null, "4,2", 4)]
    [InlineData(null, " 2 ", 2)]
    public void Threads_are_those_that_the_caller_says(string? own, string? openMp, int threads)
    {
        (_environment[TrainerEnvironment.Threads], _environment["OMP_NUM_THREADS"]) = (own ?? "", openMp ?? "");

        Assert.Equal(threads, Read().Threads);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("many")]
    [InlineData("-2")]
    public void What_OpenMP_would_not_understand_is_no_limit(string openMp)
    {
        _environment["OMP_NUM_THREADS"] = openMp;

        Assert.Equal(Environment.ProcessorCount, Read().Threads);
    }

    [Theory]
    [InlineData("RANK", "1")]
    [InlineData("WORLD_SIZE", "none")]
    [InlineData("MHC_ATTEMPT", "0")]
    [InlineData("MHC_TAKE_OVER", "yes")]
    [InlineData("MASTER_PORT", "99999")]
    [InlineData("MHC_RESUME_STEP", "-1")]
    [InlineData("MHC_SKIP_WINDOWS", "9-5")]
    [InlineData("MHC_LEARNING_RATE_FACTOR", "0")]
    [InlineData("MHC_CONFIG", "")]
    [InlineData("MHC_CHECKPOINT_DIR", "")]
    public void A_wrong_value_is_a_configuration_error_that_names_the_variable(string name, string value)
    {
        _environment[name] = value;

        var error = Assert.Throws<TrainerException>(Read);

        Assert.Equal(ExitCode.ConfigurationWrong, error.ExitCode);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"optimization":{"steps":"many"}}""", "optimization.steps")]
    [InlineData("""{"model":{"residual":"Fancy"}}""", "model.residual")]
    [InlineData("""{"model":{"widht":64}}""", "model.widht")]
    [InlineData("not json", "trainer.json")]
    [InlineData("""{"optimization":{"batchTokens":500}}""", "optimization.batchTokens")]
    public void A_wrong_configuration_names_the_field(string json, string field)
    {
        File.WriteAllText(_environment[TrainerEnvironment.Configuration], json);

        var error = Assert.Throws<TrainerException>(Read);

        Assert.Equal(ExitCode.ConfigurationWrong, error.ExitCode);
        Assert.Contains(field, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(512, null, 2, 16, 8, 1)]
    [InlineData(512, 128, 2, 16, 4, 2)]
    [InlineData(512, 32, 1, 16, 1, 16)]
    public void A_batch_is_divided_over_ranks_and_passes(int batch, int? micro, int ranks, int samples, int perPass, int passes)
    {
        var plan = BatchPlan.Make(Batch(batch, micro), ranks - 1, ranks);

        Assert.Equal(new BatchPlan(samples, (ranks - 1) * samples / ranks, perPass, passes), plan);
    }

    [Theory]
    [InlineData(500, null, 1, "batchTokens")]
    [InlineData(512, null, 3, "batchTokens")]
    [InlineData(0, null, 1, "batchTokens")]
    [InlineData(512, 96, 1, "microBatchTokens")]
    [InlineData(512, 16, 1, "microBatchTokens")]
    public void A_batch_that_cannot_be_divided_names_the_field(int batch, int? micro, int ranks, string field)
    {
        var error = Assert.Throws<TrainerException>(() => BatchPlan.Make(Batch(batch, micro), 0, ranks));

        Assert.Equal(ExitCode.ConfigurationWrong, error.ExitCode);
        Assert.Contains($"spec.optimization.{field}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_is_gone_is_noticed()
    {
        Assert.True(ParentWatch.IsAlive(Environment.ProcessId));
        Assert.False(ParentWatch.IsAlive(int.MaxValue));
    }

    private static TrainerConfiguration Batch(int tokens, int? micro) =>
        new() { Model = { ContextLength = 32 }, Optimization = { BatchTokens = tokens, MicroBatchTokens = micro } };

    private TrainerSettings Read() => TrainerSettings.Read(name => _environment.GetValueOrDefault(name));
}
