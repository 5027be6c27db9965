using Api.Tests.Support;
using MhcOperator.Api.Validation;
using MhcOperator.Testing.Jobs;

namespace Api.Tests.Validation.Rules;

public sealed class RuleTests
{
    private static readonly string Name54 = new('a', 54);
    private static readonly string Name55 = new('a', 55);

    [Theory]
    [MemberData(nameof(BrokenRules.All), MemberType = typeof(BrokenRules))]
    [MemberData(nameof(BrokenRules.Texts), MemberType = typeof(BrokenRules))]
    public void A_broken_rule_names_the_field_what_was_expected_and_what_was_given(string spec, string expected) =>
        Assert.Equal(expected, JobYaml.Errors(spec));

    [Fact]
    public void Every_rule_is_broken_by_one_of_the_cases()
    {
        var blamed = BrokenRules.All().Concat(BrokenRules.Texts()).Select(row => row.Data.Item2).Append("metadata.name").ToArray();

        Assert.All(CrossValidator.Rules, rule => Assert.Contains(blamed, b => b.StartsWith(rule.Path, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("model: {width: 512, heads: 8, keyValueHeads: 2, vocabulary: 256}")]
    [InlineData("model: {mhc: {parameters: Reduced}}")]
    [InlineData("model: {vocabulary: 2}, data: {format: Tokens}")]
    [InlineData("workers: {replicas: 4, devicesPerWorker: 16}, optimization: {microBatchTokens: 1024}")]
    [InlineData("optimization: {steps: 1, warmupSteps: 1}")]
    [InlineData("optimization: {recompute: true}")]
    [InlineData("optimization: {recompute: true, activationMemory: 1.5Gi}")]
    [InlineData("data: {source: {path: a/..b/c, persistentVolumeClaim: {claimName: x, subPath: y/.z}}}")]
    [InlineData("data: {source: {path: /a/../b}}")]
    [InlineData("checkpoints: {volume: {accessModes: [ReadWriteOncePod]}}")]
    [InlineData("checkpoints: {intervalSteps: 10, keepLatest: 5}")]
    [InlineData("runPolicy: {backoff: {initialSeconds: 360}}")]
    [InlineData("drills: [{kind: PoisonBatches, step: 1001}, {kind: CorruptCheckpoint, step: 100}]")]
    [InlineData("workers: {device: Cuda}, trainer: {image: mine}")]
    [InlineData("workers: {device: Cuda}, trainer: {command: [mine]}")]
    [InlineData("trainer: {env: [{name: MHC_THREADS, value: '2'}, {name: MHC_CORPUS}, {name: _a1}]}")]
    public void What_keeps_the_rules_is_valid(string spec) => Assert.Equal("", JobYaml.Errors(spec));

    [Fact]
    public void A_name_is_as_long_as_the_host_name_of_the_last_worker_lets_it_be()
    {
        Assert.Equal("", JobYaml.Errors("workers: {replicas: 8}", Name55));
        Assert.Equal("", JobYaml.Errors("workers: {replicas: 64}", Name54));
        Assert.Equal(
            "metadata.name: expected at most 54 characters, so that the host name NAME-ATTEMPT-63 fits into 63, got 55",
            JobYaml.Errors("workers: {replicas: 64}", Name55));
        Assert.Equal("metadata.name: expected at most 55 characters, got 56", JobYaml.Errors("", Name55 + "a"));
    }

    [Fact]
    public void A_rule_that_reads_a_wrong_field_is_left_out() =>
        Assert.Equal("spec.model.heads: expected a whole number from 1 to 1024, got 0", JobYaml.Errors("model: {heads: 0, width: 7}"));

    [Fact]
    public void Findings_come_in_the_order_of_the_fields() =>
        Assert.Equal(
            ["spec.workers.replicas", "spec.model.heads", "spec.model.mhc.streams", "spec.model.depth", "spec.checkpoints.keepLatest",
                "spec.drills[0].rank", "spec.drills[1].kind"],
            JobYaml.WithSpec(
                "drills: [{kind: Crash, step: 1, rank: -1}, {step: 1}], checkpoints: {keepLatest: 0}, model: {depth: 3, mhc: {streams: 9}, heads: 5}, workers: {replicas: 0}").Errors.Select(e => e.Path));
}
