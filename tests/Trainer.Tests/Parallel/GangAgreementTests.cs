using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Tests.Parallel;

public sealed class GangAgreementTests
{
    private static readonly TrainerSettings Settings = new()
    {
        Identity = new GangIdentity("team/job", 1, 0, 3),
        MasterAddress = "127.0.0.1",
        MasterPort = 1,
        Configuration = new TrainerConfiguration { Job = "job" },
        CheckpointFolder = "/nowhere",
        JobSince = 0,
        TakeOver = false,
        Resume = new ResumePoint(null),
        SkipWindows = [],
        LearningRateFactor = 1,
        StatusPort = null,
        Corpus = null,
        Threads = 1,
        Parent = null,
    };

    public static TheoryData<string, string, string> Differences => new()
    {
        { "spec.model.heads", "12", "6" },
        { "spec.model.mhc.sinkhornIterations", "20", "19" },
        { "spec.optimization.seed", "1", "2" },
        { "spec.optimization.peakLearningRate", "0.0006", "0.001" },
        { "spec.parallelism.communication", "\"Float32\"", "\"Int4\"" },
        { "spec.drills[0].kind", "not set", "\"Crash\"" },
        { "spec.data (SHA-256 of what it holds)", "aa", "bb" },
        { "MHC_RESUME_STEP", "latest", "20" },
        { "MHC_SKIP_WINDOWS", "", "5-9" },
        { "MHC_LEARNING_RATE_FACTOR", "1", "0.5" },
        { "--kernels", "Native", "Reference" },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void A_rank_that_differs_in_one_field_is_refused_on_all_ranks_with_the_field_both_values_and_the_ranks(string field,
        string common, string other)
    {
        var errors = ThreadGang.Run(3,
            gang => Assert.Throws<TrainerException>(() => GangAgreement.Check(gang, gang.Rank == 1 ? Other(field) : Of(Settings))));

        Assert.All(errors, e =>
        {
            Assert.Equal((ExitCode.ConfigurationWrong, "RanksDiffer", true), (e.ExitCode, e.Reason, e.EndsAll));
            Assert.Contains($"{field}: {common} on ranks 0, 2, {other} on rank 1", e.Message, StringComparison.Ordinal);
            Assert.Equal(errors[0].Message, e.Message);
        });
    }

    [Fact]
    public void Every_field_of_the_configuration_is_compared_but_for_where_the_data_lies()
    {
        var fields = JsonNode.Parse(
            System.Text.Json.JsonSerializer.Serialize(Settings.Configuration, ApiJsonContext.Default.TrainerConfiguration))!.AsObject()
                .Select(f => f.Key);

        var compared = Of(Settings).All.Keys.ToList();

        Assert.All(fields.Except(["drills", "namespace"]),
            name => Assert.Contains(compared, path => path.StartsWith($"spec.{name}", StringComparison.Ordinal)));
        var elsewhere = Settings with { Configuration = Settings.Configuration with { Data = new DataSpec { Source = new DataSource { Path = "/elsewhere" } } } };
        Assert.Equal(Of(Settings).All, Of(elsewhere).All);
    }

    [Fact]
    public void Ranks_that_have_the_same_go_on() =>
        Assert.All(ThreadGang.Run(3, gang =>
        {
            GangAgreement.Check(gang, Of(Settings));
            return gang.Rank;
        }), rank => Assert.InRange(rank, 0, 2));

    [Fact]
    public void Of_many_differences_the_first_ones_are_named_and_the_others_counted()
    {
        var errors = ThreadGang.Run(2, gang => Assert.Throws<TrainerException>(() =>
            GangAgreement.Check(gang,
                Of(gang.Rank == 0 ? Settings
                    : Settings with
                    {
                        Configuration = Settings.Configuration with
                        {
                            Model = new ModelSpec
                            {
                                Layers = 2,
                                Width = 64,
                                Heads = 2,
                                ContextLength = 64,
                                KeyValueHeads = 1,
                                Vocabulary = 300
                            }
                        }
                    }))));

        Assert.Contains("; and 2 more", errors[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rank_that_does_not_see_the_checkpoint_folder_of_rank_0_is_named()
    {
        using var shared = new TemporaryFolder();
        using var own = new TemporaryFolder();
        var errors = ThreadGang.Run(3, gang => Assert.Throws<TrainerException>(() =>
            SharedFolder.Check(CheckpointFolder.OpenForWriting(gang.Rank == 2 ? own.Path : shared.Path, TimeProvider.System), gang)));

        Assert.All(errors, e => Assert.Equal((ExitCode.ConfigurationWrong, true), (e.ExitCode, e.EndsAll)));
        Assert.All(
            errors, e => Assert.Contains("MHC_CHECKPOINT_DIR: what rank 0 writes there is not seen by rank 2", e.Message,
                StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(shared.Path));
    }

    private static FieldValues Of(TrainerSettings settings, string data = "aa", KernelKind kernels = KernelKind.Native) =>
        RankFacts.Of(settings, kernels, data);

    private static FieldValues Other(string field)
    {
        var configuration = Settings.Configuration;
        return field switch
        {
            "spec.model.heads" => Of(Settings with { Configuration = configuration with { Model = new ModelSpec { Heads = 6 } } }),
            "spec.model.mhc.sinkhornIterations" =>
                Of(
                    Settings with { Configuration = configuration with { Model = new ModelSpec { Mhc = new MhcSpec { SinkhornIterations = 19 } } } }),
            "spec.optimization.seed" =>
                Of(Settings with { Configuration = configuration with { Optimization = new OptimizationSpec { Seed = 2 } } }),
            "spec.optimization.peakLearningRate" =>
                Of(
                    Settings with { Configuration = configuration with { Optimization = new OptimizationSpec { PeakLearningRate = 0.001 } } }),
            "spec.parallelism.communication" =>
                Of(
                    Settings with { Configuration = configuration with { Parallelism = new ParallelismSpec { Communication = Communication.Int4 } } }),
            "spec.drills[0].kind" => Of(Settings with { Configuration = configuration with { Drills = [new DrillSpec { Step = 3 }] } }),
            "MHC_RESUME_STEP" => Of(Settings with { Resume = new ResumePoint(20) }),
            "MHC_SKIP_WINDOWS" => Of(Settings with { SkipWindows = [new DataWindow(5, 9)] }),
            "MHC_LEARNING_RATE_FACTOR" => Of(Settings with { LearningRateFactor = 0.5 }),
            "--kernels" => Of(Settings, kernels: KernelKind.Reference),
            _ => Of(Settings, data: "bb"),
        };
    }
}
