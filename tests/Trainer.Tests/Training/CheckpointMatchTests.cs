using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class CheckpointMatchTests
{
    private static readonly CheckpointManifest Saved =
        new()
        {
            Step = 7,
            WorldSize = 2,
            Vocabulary = 256,
            BatchSamples = 16,
            Samples = 1000,
            Seed = 1,
            DataSha256 = "aa",
            WeightsSha256 = "w"
        };

    private static readonly Dictionary<string, CheckpointManifest> Others = new(StringComparer.Ordinal)
    {
        ["spec.model.heads: 12, and this job has 6"] = Saved with { Model = new ModelSpec { Heads = 6, KeyValueHeads = 6 } },
        ["spec.model.keyValueHeads: 12, and this job has 4"] = Saved with { Model = new ModelSpec { KeyValueHeads = 4 } },
        ["spec.model.feedForwardWidth: 2048, and this job has 1024"] = Saved with { Model = new ModelSpec { FeedForwardWidth = 1024 } },
        ["spec.model.contextLength: 1024, and this job has 512"] = Saved with
        {
            Model = new ModelSpec { ContextLength = 512 },
            BatchSamples = 32
        },
        ["spec.model.vocabulary: 256, and this job has 300"] = Saved with { Vocabulary = 300 },
        ["spec.model.residual: \"Mhc\", and this job has \"HyperConnections\""] = Saved with { Model = new ModelSpec { Residual = ResidualKind.HyperConnections } },
        ["spec.model.mhc.sinkhornIterations: 20, and this job has 19"] = Saved with { Model = new ModelSpec { Mhc = new MhcSpec { SinkhornIterations = 19 } } },
        ["spec.model.mhc.initialGate: 0.01, and this job has 0.02"] = Saved with { Model = new ModelSpec { Mhc = new MhcSpec { InitialGate = 0.02 } } },
        ["spec.data.tokenizer: Bytes, and this job has Cl100k"] = Saved with { Tokenizer = Tokenizer.Cl100k },
        ["spec.data (SHA-256 of what it holds): aa, and this job has bb"] = Saved with { DataSha256 = "bb" },
        ["spec.data (tokens to train on, in samples): 1000, and this job has 999"] = Saved with { Samples = 999 },
        ["spec.optimization.seed: 1, and this job has 2"] = Saved with { Seed = 2 },
        ["spec.optimization.batchTokens: 16384, and this job has 32768"] = Saved with { BatchSamples = 32 },
    };

    public static TheoryData<string> Differences => [.. Others.Keys];

    [Theory]
    [MemberData(nameof(Differences))]
    public void What_shapes_do_not_show_is_compared_field_by_field(string expected)
    {
        var error = Assert.Throws<TrainerException>(() => CheckpointMatch.Check(Saved, Others[expected]));

        Assert.Equal((ExitCode.ConfigurationWrong, "CheckpointMismatch"), (error.ExitCode, error.Reason));
        Assert.StartsWith("checkpoint 7 was made with ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_change_and_what_was_only_left_out_is_no_difference()
    {
        CheckpointMatch.Check(Saved, Saved with { Step = 0, WorldSize = 5, Attempt = 3, Job = "other", Tokens = 5, WeightsSha256 = "" });
        CheckpointMatch.Check(Saved,
            Saved with { Model = new ModelSpec { KeyValueHeads = 12, FeedForwardWidth = 2048, Vocabulary = 256 } });
    }

    [Fact]
    public void A_checkpoint_that_does_not_say_its_data_is_gone_on_from() => CheckpointMatch.Check(Saved with { DataSha256 = null }, Saved);

    [Fact]
    public void Settings_of_mhc_do_not_matter_without_it()
    {
        var plain = Saved with { Model = new ModelSpec { Residual = ResidualKind.Standard } };

        CheckpointMatch.Check(plain, plain with { Model = plain.Model with { Mhc = new MhcSpec { Streams = 2, SinkhornIterations = 3 } } });
    }
}
