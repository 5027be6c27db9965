using System.Text.Json.Nodes;
using Api.Tests.Support;
using MhcOperator.Api.Validation;

namespace Api.Tests.Validation;

public sealed class ImmutabilityTests
{
    [Theory]
    [InlineData("managedBy: example.com/other",
        "spec.managedBy: may not change: two controllers would act on one job; was \"training.mhc.dev/operator\", got \"example.com/other\"")]
    [InlineData("model: {heads: 6}",
        "spec.model.heads: may not change: checkpoints of one model cannot be loaded into another; was 12, got 6")]
    [InlineData("model: {keyValueHeads: 12}",
        "spec.model.keyValueHeads: may not change: checkpoints of one model cannot be loaded into another; was nothing, got 12")]
    [InlineData("data: {source: {configMap: {name: x}}}",
        "spec.data.source.configMap: may not change: steps that are done were done on the old data; was nothing, got an object")]
    [InlineData("optimization: {seed: 2}", "spec.optimization.seed: may not change: the order of the data depends on it; was 1, got 2")]
    [InlineData("optimization: {batchTokens: 131072}",
        "spec.optimization.batchTokens: may not change: the order of the data depends on it; was 65536, got 131072")]
    [InlineData("checkpoints: {volume: {claimName: x}}",
        "spec.checkpoints.volume.claimName: may not change: the job's checkpoints are there; was nothing, got \"x\"")]
    [InlineData("checkpoints: {volume: {size: 20Gi}}",
        "spec.checkpoints.volume.size: may not change: a claim that is made keeps its size; was \"10Gi\", got \"20Gi\"")]
    [InlineData("checkpoints: {volume: {accessModes: [ReadWriteOnce]}}",
        "spec.checkpoints.volume.accessModes: may not change: a claim that is made keeps its access modes; was a list, got a list")]
    public void A_field_that_never_changes_is_refused_even_while_the_job_is_suspended(string change, string expected)
    {
        Assert.Equal(expected, Changes("", change));
        Assert.Equal(expected, Changes("suspend: true", $"suspend: true, {change}"));
    }

    [Theory]
    [InlineData("workers: {replicas: 2}",
        "spec.workers.replicas: may change only while spec.suspend is true: the gang that runs has the old value; was 1, got 2")]
    [InlineData("workers: {template: {spec: {nodeSelector: {a: b}}}}",
        "spec.workers.template: may change only while spec.suspend is true: the gang that runs has the old value; was nothing, got an object")]
    [InlineData("trainer: {image: x}",
        "spec.trainer.image: may change only while spec.suspend is true: the gang that runs has the old value; was nothing, got \"x\"")]
    [InlineData("scheduling: {queue: x}",
        "spec.scheduling.queue: may change only while spec.suspend is true: the gang that runs has the old value; was nothing, got \"x\"")]
    public void What_makes_the_pods_changes_only_while_the_job_is_suspended(string change, string expected)
    {
        Assert.Equal(expected, Changes("", change));
        Assert.Equal("", Changes("suspend: true", change));
        Assert.Equal("", Changes("", $"suspend: true, {change}"));
    }

    [Theory]
    [InlineData("suspend: true")]
    [InlineData("optimization: {steps: 2000, peakLearningRate: 0.1}")]
    [InlineData("stability: {response: Observe}, runPolicy: {maxRestarts: 9}, checkpoints: {intervalSteps: 200, volume: {policy: Delete}}")]
    [InlineData("model: {heads: 12}, workers: {replicas: 1}")]
    public void Everything_else_may_change(string change) => Assert.Equal("", Changes("", change));

    [Fact]
    public void A_field_that_an_older_version_did_not_know_had_its_default()
    {
        var spec = JobYaml.Spec("");
        var paths = Leaves(Immutability.Snapshot(spec), []).ToList();

        Assert.NotEmpty(paths);
        Assert.All(paths, path => Assert.Equal([], Immutability.Hold(Without(path), spec, isSuspended: false).Rejected));
        Assert.Contains("it stays 12, got 6",
            Assert.Single(Immutability.Hold(Without(["model", "heads"]), JobYaml.Spec("model: {heads: 6}"), isSuspended: true).Rejected).Message,
            StringComparison.Ordinal);

        JsonObject Without(string[] path)
        {
            var snapshot = Immutability.Snapshot(spec);
            path[..^1].Aggregate(snapshot, (owner, name) => owner[name]!.AsObject()).Remove(path[^1]);
            return snapshot;
        }
    }

    [Fact]
    public void All_changes_are_named_in_the_order_of_the_fields() =>
        Assert.Equal(
            ["spec.workers.replicas", "spec.model.layers", "spec.model.mhc.streams", "spec.optimization.seed"],
            Immutability.Check(JobYaml.Spec(""),
                JobYaml.Spec("optimization: {seed: 2}, model: {mhc: {streams: 2}, layers: 3}, workers: {replicas: 2}"))
                    .Select(e => e.Path));

    private static IEnumerable<string[]> Leaves(JsonObject json, string[] path) =>
        json.SelectMany(field => field.Value is JsonObject { Count: > 0 } inner
            ? Leaves(inner, [.. path, field.Key]) : [[.. path, field.Key]]);

    private static string Changes(string before, string after) =>
        string.Join('\n', Immutability.Check(JobYaml.Spec(before), JobYaml.Spec(after)).Select(e => e.ToString()));

    [Fact]
    public void A_held_job_keeps_what_may_not_change_and_takes_what_may()
    {
        var accepted = Immutability.Snapshot(JobYaml.Spec("workers: {replicas: 2}"));
        var (held, rejected) = Immutability.Hold(accepted,
            JobYaml.Spec("workers: {replicas: 4}, model: {heads: 6}, runPolicy: {maxRestarts: 9}"), isSuspended: false);
        Assert.Equal(["spec.workers.replicas", "spec.model.heads"], rejected.Select(e => e.Path));
        Assert.Contains("it stays 2, got 4", rejected[0].Message, StringComparison.Ordinal);
        Assert.Equal((2, 12, 9), (held.Workers.Replicas, held.Model.Heads, held.RunPolicy.MaxRestarts));
    }

    [Fact]
    public void A_suspended_job_takes_new_workers_but_no_new_model()
    {
        var accepted = Immutability.Snapshot(JobYaml.Spec("workers: {replicas: 2}"));
        var (held, rejected) = Immutability.Hold(accepted, JobYaml.Spec("workers: {replicas: 4}, model: {heads: 6}"), isSuspended: true);
        Assert.Equal(["spec.model.heads"], rejected.Select(e => e.Path));
        Assert.Equal((4, 12), (held.Workers.Replicas, held.Model.Heads));
    }

    [Fact]
    public void An_optional_field_that_was_absent_stays_absent_and_one_that_was_there_comes_back()
    {
        var without = Immutability.Snapshot(JobYaml.Spec(""));
        Assert.Null(
            Immutability.Hold(without, JobYaml.Spec("checkpoints: {volume: {claimName: x}}"),
                isSuspended: false).Spec.Checkpoints.Volume.ClaimName);
        var with = Immutability.Snapshot(JobYaml.Spec("checkpoints: {volume: {claimName: x}}"));
        Assert.Equal("x", Immutability.Hold(with, JobYaml.Spec(""), isSuspended: true).Spec.Checkpoints.Volume.ClaimName);
    }

    [Fact]
    public void A_snapshot_that_was_stored_and_read_again_finds_no_change()
    {
        const string job = "workers: {template: {spec: {nodeSelector: {a: b}}}}, trainer: {env: [{name: A, value: b}]}, optimization: {peakLearningRate: 0.00001}";
        var stored = (JsonObject)JsonNode.Parse(Immutability.Snapshot(JobYaml.Spec(job))
            .ToJsonString())!;
        var spec = JobYaml.Spec(job);
        var (held, rejected) = Immutability.Hold(stored, spec, isSuspended: false);
        Assert.Empty(rejected);
        Assert.Same(spec, held);
    }

    [Theory]
    [InlineData("model: {heads: 6}", "", false, "")] // what slipped in is taken back
    [InlineData("model: {heads: 6}", "model: {heads: 6}, runPolicy: {maxRestarts: 9}", false, "")] // this change does not touch it
    [InlineData("model: {heads: 6}", "model: {heads: 4}", false,
        "spec.model.heads: may not change: checkpoints of one model cannot be loaded into another; it stays 12, got 4")]
    [InlineData("", "workers: {replicas: 2}", false,
        "spec.workers.replicas: may change only while spec.suspend is true: the gang that runs has the old value; it stays 1, got 2")]
    [InlineData("", "workers: {replicas: 2}", true, "")] // resumed, and the operator has not begun again
    [InlineData("suspend: true", "suspend: true, workers: {replicas: 2}", true, "")]
    public void A_change_is_held_against_what_was_accepted_and_blamed_for_what_it_touches(string stored, string change, bool isSuspended,
        string expected) =>
        Assert.Equal(
            expected, string.Join('\n',
                Immutability.Check(JobYaml.Spec(stored), JobYaml.Spec(change), Immutability.Snapshot(JobYaml.Spec("")), isSuspended)));

    [Fact]
    public void A_change_of_a_job_that_nobody_has_acted_on_is_held_against_what_is_stored() =>
        Assert.Equal(["spec.model.heads"],
            Immutability.Check(JobYaml.Spec(""), JobYaml.Spec("model: {heads: 6}"), null, isSuspended: false).Select(e => e.Path));
}
