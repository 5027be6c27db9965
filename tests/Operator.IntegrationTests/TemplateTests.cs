using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>What a job says of its pods, and what the server makes of it.</summary>
public sealed class TemplateTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2024-vision-")]
    [InlineData("42")]
    public async Task A_namespace_that_begins_with_a_digit_has_jobs_like_any_other(string prefix)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server, prefix);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await ns.GangExistsAsync(1, 2);
        await ns.ConditionHoldsAsync("job", "Valid", "True");
    }

    [Theory]
    [InlineData("""{"spec":{"volumes":[{"name":"checkpoints","emptyDir":{}}]}}""", "emptyDir")]
    [InlineData("""{"spec":{"volumes":[{"name":"checkpoints","persistentVolumeClaim":null,"emptyDir":{}}]}}""", "emptyDir")]
    [InlineData("""{"spec":{"volumes":[{"name":"checkpoints","$patch":"replace","ephemeral":null,"secret":{"secretName":"s"}}]}}""",
        "secret")]
    [InlineData(
        """{"spec":{"containers":[{"name":"trainer","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"status.hostIP"}}}],"lifecycle":{"preStop":{"exec":{"command":["true"]}}}}]}}""", "persistentVolumeClaim")]
    [InlineData(
        """{"spec":{"containers":[{"name":"trainer","readinessProbe":{"exec":{"command":["true"]}},"volumeMounts":[{"name":"shm","mountPath":"/checkpoints"}]}]}}""", "persistentVolumeClaim")]
    [InlineData("""{"spec":{"securityContext":{"$patch":"replace","runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}}}""",
        "persistentVolumeClaim")]
    public async Task A_template_that_swaps_one_kind_for_another_makes_pods_that_the_server_takes(string template, string source)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").With("workers", "template", JsonNode.Parse(template)!));
        foreach (var pod in await ns.GangExistsAsync(1, 2))
        {
            var volume = pod["spec"]!["volumes"]!.AsArray().Single(v => (string?)v!["name"] == "checkpoints")!.AsObject();
            Assert.Equal([source], volume.Select(field => field.Key).Where(name => name != "name"));
        }

        await ns.ConditionHoldsAsync("job", "Valid", "True");
    }

    [Fact]
    public async Task A_misspelt_field_and_a_number_in_the_environment_are_named_and_no_pod_is_made()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").With("workers", "template", JsonNode.Parse(
            """{"spec":{"nodeselector":{"disk":"ssd"},"containers":[{"name":"trainer","resource":{},"env":[{"name":"PORT","value":8080}]}]}}""")!));
        await ns.ConditionHoldsAsync("job", "Valid", "False", "InvalidSpec");
        var message = (string?)(await ns.JobAsync("job")).Condition("Valid")!["message"];
        Assert.Contains("spec.workers.template.spec.nodeselector: unknown field; did you mean nodeSelector?", message,
            StringComparison.Ordinal);
        Assert.Contains("spec.workers.template.spec.containers[0].resource: unknown field; did you mean resources?", message,
            StringComparison.Ordinal);
        Assert.Contains("spec.workers.template.spec.containers[0].env[0].value: expected text, got 8080; put it in quotes", message,
            StringComparison.Ordinal);
        Assert.Empty(await ns.PodsAsync());
    }

    [Fact]
    public async Task A_dollar_of_the_trainer_is_stored_so_that_the_kubelet_reads_it_as_itself()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1)
            .With("trainer", "image", "mine:1")
            .With("trainer", "args", new JsonArray("$(T_BASE)"))
            .With("trainer", "env", new JsonArray(new JsonObject { ["name"] = "T_PASSWORD", ["value"] = "pa$$word" })));
        var container = Assert.Single(await ns.GangExistsAsync(1, 1))["spec"]!["containers"]![0]!;
        Assert.Equal("$$(T_BASE)", (string?)container["args"]![0]);
        Assert.Equal("pa$$$$word", (string?)container["env"]!.AsArray().Single(e => (string?)e!["name"] == "T_PASSWORD")!["value"]);
    }

    [Fact]
    public async Task A_directive_is_still_there_after_a_merge_patch_and_a_null_is_not()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var template = JsonNode.Parse("""{"spec":{"hostname":null,"securityContext":{"$patch":"replace","runAsNonRoot":true}}}""")!;
        await ns.CreateJobAsync(JobBuilder.Make("job").Suspended().With("workers", "template", template));
        var patch = new JsonObject { ["spec"] = new JsonObject { ["workers"] = new JsonObject { ["template"] = template.DeepClone() } } };
        var stored = (await ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "job"), patch,
            Cancel))["spec"]!["workers"]!["template"]!["spec"]!.AsObject();
        Assert.Equal("replace", (string?)stored["securityContext"]!["$patch"]);
        Assert.False(stored.ContainsKey("hostname"));
    }
}
