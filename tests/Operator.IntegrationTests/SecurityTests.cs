using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>The author of a job gets no more than the author of a pod under the restricted Pod Security Standard.</summary>
public sealed class SecurityTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pods_are_stored_as_the_restricted_standard_wants_them_and_without_a_token()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(
            Template("""{"spec":{"containers":[{"name":"side","image":"s"}],"initContainers":[{"name":"fetch","image":"f"}]}}"""));
        foreach (var pod in await ns.GangExistsAsync(1, 2))
        {
            var spec = pod["spec"]!;
            Assert.False((bool?)spec["automountServiceAccountToken"]);
            Assert.Null(spec["hostNetwork"] ?? spec["hostPID"] ?? spec["hostIPC"]);
            Assert.True((bool?)spec["securityContext"]!["runAsNonRoot"]);
            Assert.Equal("RuntimeDefault", (string?)spec["securityContext"]!["seccompProfile"]!["type"]);
            var containers = spec["containers"]!.AsArray().Concat(spec["initContainers"]!.AsArray()).ToList();
            Assert.Equal(3, containers.Count);
            Assert.All(containers, c =>
            {
                var security = c!["securityContext"]!;
                Assert.Equal((false, null), ((bool?)security["allowPrivilegeEscalation"], (bool?)security["privileged"]));
                Assert.Equal("""["ALL"]""", security["capabilities"]!["drop"]!.ToJsonString());
            });
            string[] allowed = ["name", "configMap", "emptyDir", "downwardAPI", "persistentVolumeClaim"];
            Assert.All(spec["volumes"]!.AsArray().SelectMany(v => v!.AsObject()), field => Assert.Contains(field.Key, allowed));
        }
    }

    [Fact]
    public async Task A_template_that_asks_for_more_is_refused_with_its_path_unless_the_operator_allows_it()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        const string template = """{"spec":{"hostPID":true,"serviceAccountName":"admin","volumes":[{"name":"root","hostPath":{"path":"/"}}],"containers":[{"name":"trainer","securityContext":{"privileged":true,"allowPrivilegeEscalation":true}}]}}""";
        using (var running = await ns.RunOperatorAsync())
        {
            await ns.CreateJobAsync(Template(template));
            await ns.ConditionHoldsAsync("job", "Valid", "False", "InvalidSpec");
            var message = (string?)(await ns.JobAsync("job")).Condition("Valid")!["message"];
            foreach (var path in (string[])["spec.hostPID", "spec.serviceAccountName", "spec.volumes[0].hostPath",
                "spec.containers[0].securityContext.privileged", "spec.containers[0].securityContext.allowPrivilegeEscalation"])
            {
                Assert.Contains($"spec.workers.template.{path}: expected", message, StringComparison.Ordinal);
            }

            await Eventually.HoldsAsync(
                async () => (await ns.EventsAsync("job")).Any(
                    e => ((string?)e["reason"], (string?)e["type"]) == ("InvalidSpec", "Warning")), "the event is there", Cancel);
            Assert.Empty(await ns.PodsAsync());
            running.Terminate();
            await running.WaitForExitAsync(Cancel);
        }

        // The server of the tests takes no privileged pods: that it was asked shows that the operator let the template through.
        using var allowing = await ns.RunOperatorAsync("--allow-privileged-templates");
        await ns.ConditionHoldsAsync("job", "Valid", "False", "Rejected");
        Assert.Contains("privileged: Forbidden", (string?)(await ns.JobAsync("job")).Condition("Valid")!["message"],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_mounts_a_Secret_makes_no_more_pods_once_the_operator_forbids_that()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using (var running = await ns.RunOperatorAsync())
        {
            await ns.CreateJobAsync(Template("""{"spec":{"volumes":[{"name":"a","secret":{"secretName":"deployer-token"}}]}}""")
                .Replicas(1));
            await ns.RunGangAsync(await ns.GangExistsAsync(1, 1));
            await ns.ConditionHoldsAsync("job", "Running", "True");
            running.Terminate();
            await running.WaitForExitAsync(Cancel);
        }

        using var forbidding = await ns.RunOperatorAsync("--allow-secret-in-templates", "for-jobs");
        await ns.ConditionHoldsAsync("job", "Valid", "False", "InvalidSpec");
        Assert.Contains(
            "spec.workers.template.spec.volumes[0].secret.secretName: expected no Secret but for-jobs, got \"deployer-token\"",
            (string?)(await ns.JobAsync("job")).Condition("Valid")!["message"], StringComparison.Ordinal);
        var pod = Assert.Single(await ns.PodsAsync());
        await ns.EndPodAsync(pod, 1);
        await ns.OperatorHasGoneOnAsync();
        Assert.Equal([pod.Name()],
            (await ns.PodsAsync()).Select(p => p.Name()).Where(name => name.StartsWith("job-", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"spec":{"securityContext":{"seLinuxOptions":{"type":"spc_t"}}}}""", "spec.securityContext.seLinuxOptions")]
    [InlineData("""{"spec":{"containers":[{"name":"side","image":"s","securityContext":{"capabilities":{}}}]}}""",
        "spec.containers[0].securityContext.capabilities.drop")]
    [InlineData(
        """{"spec":{"volumes":[{"name":"a","projected":{"sources":[{"podCertificate":{"signerName":"s","keyType":"ED25519"}}]}}]}}""",
        "spec.volumes[0].projected.sources[0].podCertificate")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","livenessProbe":{"httpGet":{"host":"169.254.169.254","port":80}}}]}}""",
        "spec.containers[0].livenessProbe.httpGet.host")]
    [InlineData("""{"spec":{"hostTomorrow":true}}""", "spec.hostTomorrow")]
    [InlineData("""{"spec":{"securityContext":{"$patch":"replace","runAsUser":1000}}}""",
        "makes a pod that may not be: pod.spec.containers[0].securityContext.runAsNonRoot")]
    public async Task What_is_not_on_the_list_of_what_is_allowed_makes_no_pod(string template, string path)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(Template(template));
        await ns.ConditionHoldsAsync("job", "Valid", "False", "InvalidSpec");
        Assert.Contains($"{path}: expected", (string?)(await ns.JobAsync("job")).Condition("Valid")!["message"], StringComparison.Ordinal);
        await ns.OperatorHasGoneOnAsync();
        Assert.DoesNotContain(await ns.PodsAsync(), pod => (string?)pod["metadata"]!["labels"]?["training.mhc.dev/job"] == "job");
    }

    [Fact]
    public async Task A_template_that_the_server_refuses_makes_the_job_invalid_with_the_servers_words_and_no_crash_loop()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(Template("""{"spec":{"dnsPolicy":"Nonsense"}}"""));
        await ns.ConditionHoldsAsync("job", "Valid", "False", "Rejected");
        Assert.Contains("dnsPolicy", (string?)(await ns.JobAsync("job")).Condition("Valid")!["message"], StringComparison.Ordinal);
        await ns.OperatorHasGoneOnAsync();
        Assert.False(running.HasExited);
        Assert.InRange(shared.Server.Audit.OfOperators().Count(e => e.Namespace == ns.Name && e is { Resource: "pods", Code: 422 }), 1, 4);
    }

    [Fact]
    public async Task A_template_that_is_nested_as_deep_as_the_server_takes_is_invalid_and_keeps_no_other_job_from_running()
    {
        const int levels = 5000;
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var job = JobBuilder.Make("deep").With("workers", "template", new JsonObject { ["spec"] = "HERE" }).Build().ToJsonString();
        var deep = job.Replace("\"HERE\"", string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels),
            StringComparison.Ordinal);
        await ns.Api.CreateYamlAsync(ns.Path("mhctrainingjobs"), deep, Cancel);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await ns.GangExistsAsync(1, 2);
        await ns.ConditionHoldsAsync("deep", "Valid", "False", "InvalidSpec");
    }

    private static JobBuilder Template(string template) => JobBuilder.Make("job").With("workers", "template", JsonNode.Parse(template)!);
}
