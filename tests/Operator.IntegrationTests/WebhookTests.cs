using System.Net;
using System.Text.Json.Nodes;
using System.Text;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.IntegrationTests.Support;
using MhcOperator.Testing.Kubernetes;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>What people see of the webhooks, on a server without CEL.</summary>
public sealed class WebhookTests(WebhookSetup setup) : IClassFixture<WebhookSetup>
{
    private TestNamespace Namespace => setup.Namespace;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bad_job_is_refused_with_the_path_of_every_fault()
    {
        var bad = JobBuilder.Make("bad").Heads(7).With("checkpoints", "intervalSteps", 10)
            .With("workers", "template", JsonNode.Parse("""{"spec":{"hostPID":true}}""")!).Build();
        var (code, status) = await Namespace.Api.AskAsync(HttpMethod.Post, Namespace.Path("mhctrainingjobs"), bad, "application/json",
            Cancel);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Invalid"), (code, (string?)status["reason"]));
        Assert.StartsWith(
            "admission webhook \"validate.training.mhc.dev\" denied the request: spec.model.heads: expected a divisor of spec.model.width (64), got 7", (string?)status["message"], StringComparison.Ordinal);
        string[] expected = ["spec.model.heads", "spec.checkpoints.verifyAfterSteps", "spec.workers.template.spec.hostPID"];
        Assert.Equal(expected.Order(StringComparer.Ordinal),
            status["details"]!["causes"]!.AsArray().Select(cause => (string)cause!["field"]!).Order(StringComparer.Ordinal));
        Assert.Null(await Namespace.Api.FindAsync(Namespace.Path("mhctrainingjobs", "bad"), Cancel));
    }

    [Fact]
    public async Task A_good_job_is_stored_with_the_defaults_that_the_webhook_knows_and_applying_it_again_changes_nothing()
    {
        var job = JobBuilder.Make("good").Suspended().Build();
        var first = await Namespace.Api.ApplyAsync(Namespace.Path("mhctrainingjobs", "good"), job, Cancel);
        var again = await Namespace.Api.ApplyAsync(Namespace.Path("mhctrainingjobs", "good"), job, Cancel);
        Assert.Equal((1, 1), ((int?)first["metadata"]!["generation"], (int?)again["metadata"]!["generation"]));

        // The server fills in the same defaults by the definition, so that here the webhook is asked directly.
        var patch = await DefaultAsync(job);
        Assert.NotEmpty(patch);
        foreach (var step in patch)
        {
            var names = ((string)step!["path"]!).Split('/')[1..];
            names[..^1].Aggregate((JsonNode)job, (node, name) => node[name]!)[names[^1]] = step["value"]!.DeepClone();
        }

        Assert.True(JsonNode.DeepEquals(Sorted(job["spec"]!), Sorted(first["spec"]!)),
            $"{job["spec"]} is not what the server stored: {first["spec"]}");
        Assert.Empty(await DefaultAsync(first));
    }

    [Fact]
    public async Task What_may_not_change_is_refused_with_its_path_and_what_may_while_suspended_is_taken()
    {
        await Namespace.CreateJobAsync(JobBuilder.Make("change").Suspended());
        await Namespace.ConditionHoldsAsync("change", "Suspended", "True");
        await Namespace.ChangeAsync("change", new JsonObject { ["workers"] = new JsonObject { ["replicas"] = 3 } });
        Assert.Equal(["spec.model.layers"], await RefusedAsync(new JsonObject { ["model"] = new JsonObject { ["layers"] = 3 } }));
        await Namespace.ChangeAsync("change", new JsonObject { ["suspend"] = false });
        await Eventually.HoldsAsync(
            async () => (await Namespace.PodsAsync()).Count(pod => pod.Name().StartsWith("change-1-", StringComparison.Ordinal)) == 3,
            "its three pods are there", Cancel);
        await Namespace.ConditionHoldsAsync("change", "Suspended", "False");
        Assert.Equal(
            ["spec.workers.replicas", "spec.workers.template", "spec.optimization.seed"],
            await RefusedAsync(
                new JsonObject
                {
                    ["workers"] = new JsonObject
                    {
                        ["replicas"] = 2,
                        ["template"] = JsonNode.Parse("""{"spec":{"nodeSelector":{"a":"b"}}}""")
                    },
                    ["optimization"] = new JsonObject { ["seed"] = 7 }
                }));
        await Namespace.ChangeAsync("change", new JsonObject { ["runPolicy"] = new JsonObject { ["maxRestarts"] = 9 } });
    }

    [Fact]
    public async Task Requests_go_through_while_no_operator_answers_and_the_operator_says_what_is_wrong_afterwards()
    {
        var ns = await TestNamespace.CreateAsync(setup.Server);
        using (var running = await ns.RunOperatorAsync("--webhook-port", "0", "--webhook-name", ns.Name))
        {
            await DeployedManifests.InstallWebhooksAsync(ns, running.WebhookAddress, Cancel);
            await ns.AsksWebhooksAsync();
            running.Terminate();
            await running.WaitForExitAsync(Cancel);
        }

        await ns.CreateJobAsync(JobBuilder.Make("job").Heads(7));
        using var later = await ns.RunOperatorAsync();
        await ns.ConditionHoldsAsync("job", "Valid", "False", "InvalidSpec");
    }

    [Fact]
    public async Task The_operator_is_ready_when_its_webhooks_answer_and_counts_what_they_said()
    {
        Assert.Equal((200, "ok\n"), await setup.Operator.AskAsync("/readyz", Cancel));
        var metrics = (await setup.Operator.AskAsync("/metrics", Cancel)).Body;
        Assert.Contains("mhc_operator_admission_requests_total{webhook=\"validate\",verdict=\"refused\"}", metrics,
            StringComparison.Ordinal);
        Assert.Contains("mhc_operator_webhook_certificate_expiry_timestamp_seconds", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_mounted_certificate_the_operator_is_ready_and_writes_neither_Secret_nor_configuration()
    {
        var folder = Directory.CreateTempSubdirectory("mhc-mounted-").FullName;
        try
        {
            var set = CertificateSet.Issue(["localhost"], DateTimeOffset.UtcNow, null);
            await File.WriteAllTextAsync(Path.Combine(folder, "tls.crt"), set.Certificate, Cancel);
            await File.WriteAllTextAsync(Path.Combine(folder, "tls.key"), set.Key, Cancel);
            await File.WriteAllTextAsync(Path.Combine(folder, "ca.crt"), set.Authorities, Cancel);
            var ns = await TestNamespace.CreateAsync(setup.Server);
            using var running = await ns.RunOperatorAsync("--webhook-port", "0", "--webhook-name", ns.Name, "--webhook-cert-dir", folder);
            Assert.Equal((200, "ok\n"), await running.AskAsync("/readyz", Cancel));
            Assert.DoesNotContain(setup.Server.Audit.OfOperators(), entry => entry.Name == ns.Name && entry.Resource != "leases");

            await File.WriteAllTextAsync(Path.Combine(folder, "ca.crt"),
                CertificateSet.Issue(["localhost"], DateTimeOffset.UtcNow, null).Authorities, Cancel);
            var (code, reason) = await running.AskAsync("/readyz", Cancel);
            Assert.Equal(503, code);
            Assert.StartsWith("waiting for webhooks: the certificate is not good", reason, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<IEnumerable<string>> RefusedAsync(JsonObject spec)
    {
        var (code, status) = await Namespace.Api.AskAsync(HttpMethod.Patch, Namespace.Path("mhctrainingjobs", "change"),
            new JsonObject { ["spec"] = spec }, "application/merge-patch+json", Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        return status["details"]!["causes"]!.AsArray().Select(cause => (string)cause!["field"]!);
    }

    private async Task<JsonArray> DefaultAsync(JsonObject job)
    {
        var review = new JsonObject
        {
            ["apiVersion"] = "admission.k8s.io/v1",
            ["kind"] = "AdmissionReview",
            ["request"] = new JsonObject
            {
                ["uid"] = "u",
                ["operation"] = "CREATE",
                ["kind"] = new JsonObject { ["group"] = "training.mhc.dev", ["version"] = "v1alpha1", ["kind"] = "MhcTrainingJob" },
                ["object"] = job.DeepClone(),
            },
        };
        using var api = new TestApi(setup.Operator.WebhookAddress, "none");
        var (code, answer) = await api.AskAsync(HttpMethod.Post, "default", review, "application/json", Cancel);
        Assert.Equal(HttpStatusCode.OK, code);
        return (string?)answer["response"]!["patch"] is { } patch
            ? JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(patch)))!.AsArray() : [];
    }

    /// <summary>1000.0 and 1000 are the same number, which only their values tell.</summary>
    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject json => new JsonObject(json.OrderBy(field => field.Key, StringComparer.Ordinal)
            .Select(field => KeyValuePair.Create(field.Key, Sorted(field.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Sorted)]),
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number =>
            JsonValue.Create(double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)),
        _ => node?.DeepClone(),
    };
}
