using System.Net;
using System.Text.Json.Nodes;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Yaml;
using MhcOperator.Testing.Jobs;

namespace Cel.Tests;

/// <summary>
/// The rules of crds/cel, held by a server that knows CEL, against those of the operator and its webhooks: the same broken jobs are refused
/// with the same fields, and the same ones pass. That the server takes the definition at all says that each rule compiles, and that the
/// costs it estimates for them, each alone and all together, are within its limits.
/// </summary>
public sealed class DefinitionTests(CelServer server)
{
    private const string TemplateRule = "spec.workers.template"; // the one that CEL cannot say

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_definition_is_taken_whole()
    {
        var definition = (await server.DefinitionAsync())!;
        var conditions = definition["status"]!["conditions"]!.AsArray().ToDictionary(c => (string)c!["type"]!, c => (string)c!["status"]!);
        Assert.Equal("True", conditions["Established"]);
        Assert.False(conditions.ContainsKey("NonStructuralSchema"));
        var schema = definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!;
        Assert.Equal(JobSchema.Root.Validations.Count, schema["x-kubernetes-validations"]!.AsArray().Count);
        Assert.Equal(JobSchema.Spec.Validations.Count, schema["properties"]!["spec"]!["x-kubernetes-validations"]!.AsArray().Count);
    }

    [Theory]
    [MemberData(nameof(BrokenRules.All), MemberType = typeof(BrokenRules))]
    public async Task A_job_that_breaks_a_rule_is_refused_with_the_field_and_the_words_of_the_rule(string spec, string expected)
    {
        var (code, answer) = await server.CreateAsync(CelServer.Job(spec));
        var blamed = expected.Split('\n').Select(line => Blamed(line.Split(':')[0])).ToList();
        if (blamed.TrueForAll(field => field.StartsWith(TemplateRule, StringComparison.Ordinal)))
        {
            Assert.Equal(HttpStatusCode.Created, code);
            return;
        }

        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        var causes = CelServer.Causes(answer);
        Assert.Equal(blamed.Order(StringComparer.Ordinal), causes.Select(c => c.Field).Order(StringComparer.Ordinal));
        Assert.All(
            causes, cause => Assert.Contains(JobSchema.Spec.Validations,
                rule => $"spec{rule.FieldPath}" == cause.Field && cause.Message.Contains(rule.Message, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_name_that_leaves_no_room_for_the_last_worker_is_refused()
    {
        var (code, answer) = await server.CreateAsync(CelServer.Job("workers: {replicas: 16}", new string('a', 55)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        var cause = Assert.Single(CelServer.Causes(answer));
        Assert.Equal("metadata.name", cause.Field);
        Assert.Contains("host names NAME-ATTEMPT-WORKER must fit into 63 characters", cause.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created,
            (await server.CreateAsync(CelServer.Job("workers: {replicas: 16}", new string('a', 54)))).Code);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Every_example_passes(string file)
    {
        var job = YamlReader.Read(await File.ReadAllTextAsync(Repository.PathOf($"examples/{file}"), Cancel))[0].Root!.AsObject();
        job["metadata"]!.AsObject().Remove("namespace");
        var (code, answer) = await server.CreateAsync(job);
        Assert.True(code == HttpStatusCode.Created, answer.ToJsonString());
    }

    [Fact]
    public async Task Two_hundred_random_jobs_pass_and_broken_by_one_field_each_are_refused_as_the_operator_refuses_them()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var job = RandomManifest.Valid(random);
            var (code, answer) = await server.CreateAsync(job);
            Assert.True(code == HttpStatusCode.Created, $"seed {seed}: {answer}");
            RandomManifest.Break(job, random);
            var errors = Assert.Single(JobManifestReader.FromYaml(job.ToJsonString(), "job.yaml")).Errors;
            var broken = await server.Api.AskAsync(HttpMethod.Post,
                "apis/training.mhc.dev/v1alpha1/namespaces/default/mhctrainingjobs?dryRun=All&fieldValidation=Strict", job,
                "application/json", Cancel);
            Assert.True(
                errors.All(e => e.Path.StartsWith(TemplateRule, StringComparison.Ordinal))
                    || broken.Code is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest,
                $"seed {seed}: {string.Join("; ", errors.Select(e => $"{e.Path}: {e.Message}"))}: {broken.Answer}");
        }
    }

    [Fact]
    public async Task The_largest_job_that_the_definition_allows_costs_its_rules_no_more_than_the_server_spends()
    {
        var job = CelServer.Job("workers: {replicas: 8}, optimization: {steps: 100000}");
        job["spec"]!["trainer"] =
            new JsonObject
            {
                ["env"] = Many("trainer.env",
            i => new JsonObject { ["name"] = $"A{new string('x', 200)}{i}", ["value"] = "v" })
            };
        job["spec"]!["drills"] = Many("drills", i => new JsonObject { ["kind"] = "Crash", ["step"] = i + 1, ["rank"] = i % 8 });
        var (code, answer) = await server.CreateAsync(job);
        Assert.True(code == HttpStatusCode.Created, answer.ToJsonString());

        job["spec"]!["drills"]!.AsArray()[^1]!["rank"] = 8;
        Assert.Equal(["spec.drills"], CelServer.Causes((await server.CreateAsync(job)).Answer).Select(c => c.Field));
    }

    [Theory]
    [InlineData("self.drills.all(a, self.drills.all(b, self.drills.all(c, self.drills.all(d, a.step + b.step < c.step + d.step))))",
        "estimated rule cost exceeds budget")]
    [InlineData("self.model.widht > 0", "undefined field 'widht'")]
    public async Task A_rule_that_costs_too_much_or_does_not_compile_would_have_been_refused(string rule, string expected)
    {
        var (code, answer) = await server.RedefineAsync(rule);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Contains(CelServer.Causes(answer), c => c.Message.Contains(expected, StringComparison.Ordinal));
    }

    public static TheoryData<string> Examples =>
        [.. Directory.GetFiles(Repository.PathOf("examples"), "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static JsonArray Many(string path, Func<int, JsonObject> item)
    {
        var most = path.Split('.').Aggregate(JobSchema.Spec, (node, name) => node.Property(name)!).MaxItems;
        return new JsonArray([.. Enumerable.Range(0, most ?? throw new InvalidOperationException($"{path} has no limit")).Select(item)]);
    }

    /// <summary>CEL rules stand over the spec, and blame a list as a whole where the operator names the item.</summary>
    private static string Blamed(string path) => path.Split('[')[0];
}
