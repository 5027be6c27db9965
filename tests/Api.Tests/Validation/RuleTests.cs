using Api.Tests.Support;
using MhcOperator.Api.Validation;

namespace Api.Tests.Validation;

public sealed class RuleTests
{
    private static readonly string Name60 = new('a', 60);
    private static readonly string Name61 = new('a', 61);

    /// <summary>A spec that breaks one rule, and what is said.</summary>
    public static TheoryData<string, string> Broken() => new()
    {
        { "model: {width: 512, heads: 7}", "spec.model.heads: expected a divisor of spec.model.width (512), got 7" },
        { "model: {width: 15, heads: 5}", "spec.model.heads: expected an even spec.model.width / spec.model.heads, for rotary positions, got 15 / 5 = 3" },
        { "model: {keyValueHeads: 5}", "spec.model.keyValueHeads: expected a divisor of spec.model.heads (12), got 5" },
        { "model: {vocabulary: 255}", "spec.model.vocabulary: expected at least the 256 token numbers of spec.data.tokenizer (Bytes), got 255" },
        { "model: {vocabulary: 100276}, data: {tokenizer: Cl100k}", "spec.model.vocabulary: expected at least the 100277 token numbers of spec.data.tokenizer (Cl100k), got 100276" },
        { "model: {vocabulary: 200018}, data: {tokenizer: O200k}", "spec.model.vocabulary: expected at least the 200019 token numbers of spec.data.tokenizer (O200k), got 200018" },
        { "workers: {replicas: 3}", "spec.optimization.batchTokens: expected a multiple of spec.model.contextLength × ranks (1024 × 3 = 3072), got 65536" },
        { "workers: {replicas: 4096, devicesPerWorker: 16}, model: {contextLength: 1048576}", "spec.optimization.batchTokens: expected a multiple of spec.model.contextLength × ranks (1048576 × 65536 = 68719476736), got 65536" },
        { "optimization: {microBatchTokens: 1000}", "spec.optimization.microBatchTokens: expected a multiple of spec.model.contextLength (1024), got 1000\nspec.optimization.microBatchTokens: expected a divisor of spec.optimization.batchTokens / ranks (65536 / 1), got 1000" },
        { "optimization: {microBatchTokens: 3072}", "spec.optimization.microBatchTokens: expected a divisor of spec.optimization.batchTokens / ranks (65536 / 1), got 3072" },
        { "optimization: {steps: 50}", "spec.optimization.warmupSteps: expected at most spec.optimization.steps (50), got 100" },
        { "data: {source: {persistentVolumeClaim: {claimName: a}, configMap: {name: b}}}", "spec.data.source: expected at most one of persistentVolumeClaim and configMap, got both" },
        { "data: {source: {path: /a, configMap: {name: b}}}", "spec.data.source.path: expected a path inside the volume, relative and without \"..\", got \"/a\"" },
        { "data: {source: {path: a/../b, configMap: {name: b}}}", "spec.data.source.path: expected a path inside the volume, relative and without \"..\", got \"a/../b\"" },
        { "checkpoints: {volume: {claimName: a, storageClassName: b}}", "spec.checkpoints.volume.storageClassName: expected nothing where spec.checkpoints.volume.claimName (a) names an existing claim, got \"b\"" },
        { "workers: {replicas: 2}, checkpoints: {volume: {accessModes: [ReadWriteOncePod]}}", "spec.checkpoints.volume.accessModes: expected no ReadWriteOncePod where spec.workers.replicas (2) is over 1: all pods write there" },
        { "checkpoints: {intervalSteps: 10}", "spec.checkpoints.verifyAfterSteps: expected at most spec.checkpoints.keepLatest × intervalSteps (30), else checkpoints are deleted before they can be trusted, got 50" },
        { "stability: {lossSpike: {patience: 65}}", "spec.stability.lossSpike.patience: expected at most spec.stability.lossSpike.window (64), got 65" },
        { "stability: {gradientNorm: {window: 8, patience: 9}}", "spec.stability.gradientNorm.patience: expected at most spec.stability.gradientNorm.window (8), got 9" },
        { "runPolicy: {backoff: {initialSeconds: 361}}", "spec.runPolicy.backoff.maximumSeconds: expected at least spec.runPolicy.backoff.initialSeconds (361), got 360" },
        { "drills: [{kind: Crash, step: 5}, {kind: Crash, step: 1001}]", "spec.drills[1].step: expected at most spec.optimization.steps (1000), got 1001" },
        { "drills: [{kind: CorruptCheckpoint, step: 99}]", "spec.drills[0].step: expected at least spec.checkpoints.intervalSteps (100), for there is no checkpoint to corrupt before, got 99" },
        { "workers: {replicas: 2}, drills: [{kind: Hang, step: 1, rank: 2}]", "spec.drills[0].rank: expected a rank of the gang, 0 to 1, got 2" },
        { "trainer: {env: [{name: A}, {name: WORLD_SIZE, value: '1'}]}", "spec.trainer.env[1].name: expected a name that the trainer contract does not use (torchrun's names and MHC_*), got WORLD_SIZE" },
        { "trainer: {env: [{name: MHC_ATTEMPT}]}", "spec.trainer.env[0].name: expected a name that the trainer contract does not use (torchrun's names and MHC_*), got MHC_ATTEMPT" },
        { "workers: {template: {spec: {hostname: x}}}", "spec.workers.template.spec.hostname: expected nothing, peers find each other by the operator's host names; got \"x\"" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_rule_names_the_field_what_was_expected_and_what_was_given(string spec, string expected) =>
        Assert.Equal(expected, JobYaml.Errors(spec));

    [Fact]
    public void Every_rule_is_broken_by_one_of_the_cases()
    {
        var blamed = Broken().Select(row => row.Data.Item2).Append("metadata.name").ToArray();

        Assert.All(CrossValidator.Rules, rule => Assert.Contains(blamed, b => b.StartsWith(rule.Path, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("model: {width: 512, heads: 8, keyValueHeads: 2, vocabulary: 256}")]
    [InlineData("model: {vocabulary: 2}, data: {format: Tokens}")]
    [InlineData("workers: {replicas: 4, devicesPerWorker: 16}, optimization: {microBatchTokens: 1024}")]
    [InlineData("optimization: {steps: 1, warmupSteps: 1}")]
    [InlineData("data: {source: {path: a/..b/c, persistentVolumeClaim: {claimName: x, subPath: y/.z}}}")]
    [InlineData("data: {source: {path: /a/../b}}")]
    [InlineData("checkpoints: {volume: {accessModes: [ReadWriteOncePod]}}")]
    [InlineData("checkpoints: {intervalSteps: 10, keepLatest: 5}")]
    [InlineData("runPolicy: {backoff: {initialSeconds: 360}}")]
    [InlineData("drills: [{kind: PoisonBatches, step: 1001}, {kind: CorruptCheckpoint, step: 100}]")]
    [InlineData("trainer: {env: [{name: MHC_THREADS, value: '2'}, {name: MHC_CORPUS}, {name: _a1}]}")]
    public void What_keeps_the_rules_is_valid(string spec) => Assert.Equal("", JobYaml.Errors(spec));

    [Fact]
    public void A_name_is_as_long_as_the_host_name_of_the_last_worker_lets_it_be()
    {
        Assert.Equal("", JobYaml.Errors("workers: {replicas: 8}", Name61));
        Assert.Equal("", JobYaml.Errors("workers: {replicas: 64}", Name60));
        Assert.Equal(
            "metadata.name: expected at most 60 characters, so that the host name NAME-63 fits into 63, got 61",
            JobYaml.Errors("workers: {replicas: 64}", Name61));
        Assert.Equal("metadata.name: expected at most 61 characters, got 62", JobYaml.Errors("", Name61 + "a"));
    }

    [Fact]
    public void A_rule_that_reads_a_wrong_field_is_left_out() =>
        Assert.Equal("spec.model.heads: expected a whole number from 1 to 1024, got 0", JobYaml.Errors("model: {heads: 0, width: 7}"));

    [Fact]
    public void Findings_come_in_the_order_of_the_fields() =>
        Assert.Equal(
            ["spec.workers.replicas", "spec.model.heads", "spec.model.mhc.streams", "spec.model.depth", "spec.checkpoints.keepLatest", "spec.drills[0].rank", "spec.drills[1].kind"],
            JobYaml.WithSpec("drills: [{kind: Crash, step: 1, rank: -1}, {step: 1}], checkpoints: {keepLatest: 0}, model: {depth: 3, mhc: {streams: 9}, heads: 5}, workers: {replicas: 0}").Errors.Select(e => e.Path));
}
