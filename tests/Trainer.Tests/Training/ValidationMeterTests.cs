using System.Text;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using MhcOperator.Trainer.Training;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class ValidationMeterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_number_of_ranks_measures_the_same_bits()
    {
        using var data = Open(TestJob.Text, validation: 0.3);

        var alone = Measure(new SoloGang(), data, step: 50);
        var together = new[] { 2, 3, 5 }.SelectMany(ranks => ThreadGang.Run(ranks, gang => Measure(gang, data, step: 50)));

        Assert.NotNull(alone);
        Assert.All(together, loss => Assert.Equal(alone, loss));
    }

    [Fact]
    public void Only_what_is_kept_back_is_measured()
    {
        _folder.Write("a.txt", Encoding.ASCII.GetBytes(new string('a', 700) + new string('b', 300)));
        using var data = Open(_folder.Path, validation: 0.3);
        using var model = Model();
        using var tokens = full([1, 33], 'b', ScalarType.Int64);
        using var expected = model.Loss(tokens);

        Assert.Equal(expected.item<float>(), Measure(new SoloGang(), data, step: 50)!.Value, 1e-5);
    }

    [Theory]
    [InlineData(49, false)]
    [InlineData(50, true)]
    [InlineData(100, true)]
    [InlineData(120, true)]
    [InlineData(119, false)]
    public void It_is_due_with_each_checkpoint_and_after_the_last_step(int step, bool due)
    {
        using var data = Open(TestJob.Text, validation: 0.1);

        Assert.Equal(due, Measure(new SoloGang(), data, step) is not null);
    }

    [Fact]
    public void Where_nothing_is_kept_back_there_is_no_meter()
    {
        using var data = Open(TestJob.Text, validation: 0);
        using var model = Model();

        Assert.Null(ValidationMeter.Create(Configuration, data, model, new SoloGang()));
    }

    [Fact]
    public void One_measurement_takes_no_more_samples_than_its_share_of_the_steps_allows()
    {
        using var data = Open(TestJob.Text, validation: 0.5);
        using var model = Model();

        // 50 steps of 8 samples, of which 6 % are 24: one part of 16.
        Assert.Equal(16, ValidationMeter.Create(Configuration, data, model, new SoloGang())!.Samples);
    }

    [Fact]
    public void Measuring_leaves_training_as_it_is_and_shows_in_status_and_checkpoints()
    {
        using var often = new TestJob();
        using var once = new TestJob();
        often.Configuration.Checkpoints.IntervalSteps = 4;
        once.Configuration.Checkpoints.IntervalSteps = 1000;

        var run = often.Train();

        Assert.Equal((ExitCode.Done, ExitCode.Done), (run.ExitCode, once.Train().ExitCode));
        Assert.Equal(once.Losses(), often.Losses());
        var status = JsonSerializer.Deserialize(often.Termination, ApiJsonContext.Default.TrainerStatus)!;
        var manifest = CheckpointFolder.OpenForReading(often.Checkpoints).ReadManifest(40);
        Assert.InRange(status.ValidationLoss!.Value, 0.5 * status.Loss!.Value, 2 * status.Loss.Value);
        Assert.Equal((status.Loss, status.ValidationLoss), (manifest.Loss, manifest.ValidationLoss));
        Assert.Contains("  validation ", run.Output, StringComparison.Ordinal);
        Assert.Equal(CheckpointFolder.OpenForReading(once.Checkpoints).ReadManifest(40).WeightsSha256, manifest.WeightsSha256);
    }

    private static TrainerConfiguration Configuration { get; } = new()
    {
        Model = new ModelSpec { Layers = 1, Width = 16, Heads = 2, ContextLength = 32 },
        Optimization = new OptimizationSpec { Steps = 120, BatchTokens = 256 },
        Checkpoints = new CheckpointsSpec { IntervalSteps = 50 },
    };

    private static Transformer Model() => new(Configuration.Model, 256, Precision.Float32, KernelKind.Native, seed: 1);

    private static DataSet Open(string path, double validation) =>
        DataSet.Open(new DataSpec { Source = new DataSource { Path = path }, ValidationFraction = validation },
            Configuration.Model.ContextLength, 256, corpus: null);

    private static double? Measure(IGang gang, DataSet data, int step)
    {
        using var model = Model();
        return ValidationMeter.Create(Configuration, data, model, gang)!.AfterStep(step);
    }
}
