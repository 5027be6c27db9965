using System.Text.Json.Nodes;
using FsCheck.Fluent;
using FsCheck;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation;
using MhcOperator.Api.Yaml;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Webhooks;
using MhcOperator.Testing.Jobs;

namespace MhcOperator.Operator.Tests.Webhooks;

public sealed class JobAdmissionTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();
    private readonly JobAdmission _admission = new(new TemplateRules());

    [Fact]
    public void Two_hundred_random_invalid_jobs_are_refused_with_the_paths_that_validating_the_file_names() => Check(seed =>
    {
        var random = new Random(seed);
        var job = RandomManifest.Valid(random);
        RandomManifest.Break(job, random);
        var answer = _admission.Validate(Create(job));
        Assert.False(answer.Allowed);
        Assert.Equal(Assert.Single(JobManifestReader.FromYaml(job.ToJsonString(), "job.yaml")).Errors.Select(e => e.Path), Paths(answer));
    });

    [Fact]
    public void Two_hundred_random_valid_jobs_are_allowed_when_they_are_created_and_when_they_are_applied_again() => Check(seed =>
    {
        var job = RandomManifest.Valid(new Random(seed));
        Assert.True(_admission.Validate(Create(job)).Allowed);
        Assert.True(_admission.Validate(Update(job, job)).Allowed);
    });

    [Theory]
    [MemberData(nameof(BrokenRules.All), MemberType = typeof(BrokenRules))]
    public void Every_rule_between_fields_is_held_at_admission_in_the_same_words(string spec, string expected) =>
        Assert.Equal(expected.Replace('\n', ';'),
            ((string?)_admission.Validate(Create(Job(spec))).Status!["message"])!.Replace("; spec.", ";spec.", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(BrokenRules.Changes), MemberType = typeof(BrokenRules))]
    public void Every_rule_on_changes_is_held_at_admission(string change, string expected) =>
        Assert.Equal([expected], Paths(_admission.Validate(Update(Job(""), Job(change)))));

    [Fact]
    public void Every_rule_that_servers_with_CEL_know_is_one_that_admission_holds()
    {
        var held = BrokenRules.All().Select(row => row.Data.Item2).Concat(BrokenRules.Changes().Select(row => row.Data.Item2)).ToList();
        Assert.All(JobSchema.Spec.Validations,
            rule => Assert.Contains(held, blamed => blamed.StartsWith($"spec{rule.FieldPath}", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_refusal_has_the_form_of_the_servers_own()
    {
        var review = _admission.Validate(Create(Job("model: {heads: 7}, checkpoints: {intervalSteps: 10}"))).Review("u-1");
        Assert.Equal("""
            {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u-1","allowed":false,"status":{"status":"Failure","code":422,"reason":"Invalid",
            "message":"spec.model.heads: expected a divisor of spec.model.width (768), got 7; spec.checkpoints.verifyAfterSteps: expected at most spec.checkpoints.keepLatest × intervalSteps (30), else checkpoints are deleted before they can be trusted, got 50",
            "details":{"group":"training.mhc.dev","kind":"MhcTrainingJob","name":"job","causes":[
            {"reason":"FieldValueInvalid","field":"spec.model.heads","message":"expected a divisor of spec.model.width (768), got 7"},
            {"reason":"FieldValueInvalid","field":"spec.checkpoints.verifyAfterSteps","message":"expected at most spec.checkpoints.keepLatest × intervalSteps (30), else checkpoints are deleted before they can be trusted, got 50"}]}}}}
            """.ReplaceLineEndings(""),
            review.ToJsonString(
                new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Theory]
    [InlineData("", "model: {heads: 6}", "spec.model.heads")]
    [InlineData("", "workers: {replicas: 2}, optimization: {seed: 2}", "spec.workers.replicas spec.optimization.seed")]
    [InlineData("", "model: {heads: 7}", "spec.model.heads spec.model.heads")] // no divisor, and no change that may be
    [InlineData("suspend: true", "suspend: true, workers: {replicas: 2}", "")]
    [InlineData("", "suspend: true, trainer: {image: x}", "")]
    [InlineData("", "runPolicy: {maxRestarts: 9}", "")]
    public void A_change_that_may_not_be_is_refused_with_its_path(string before, string after, string expected) =>
        Assert.Equal(expected, string.Join(' ', Paths(_admission.Validate(Update(Job(before), Job(after))))));

    [Fact]
    public void A_change_that_slipped_in_can_be_taken_back()
    {
        var stored = Job("model: {heads: 6}");
        stored["status"] = new JsonObject { ["acceptedSpec"] = Immutability.Snapshot(JobManifestReader.FromJson(Job("")).Job!.Spec) };
        Assert.True(_admission.Validate(Update(stored, Job(""))).Allowed);
        Assert.Equal(["spec.model.heads"], Paths(_admission.Validate(Update(stored, Job("model: {heads: 4}")))));
    }

    [Fact]
    public void A_job_that_was_stored_with_faults_can_be_labelled_and_mended_and_gets_no_new_ones()
    {
        var stored = Job("model: {heads: 7}, checkpoints: {intervalSteps: 10}");
        var labelled = stored.DeepClone().AsObject();
        labelled["metadata"]!["labels"] = new JsonObject { ["a"] = "b" };
        var answer = _admission.Validate(Update(stored, labelled));
        Assert.True(answer.Allowed);
        Assert.Equal(["spec.model.heads", "spec.checkpoints.verifyAfterSteps"], answer.Warnings.Select(warning => warning.Split(':')[0]));

        var halfMended = _admission.Validate(Update(stored, Job("model: {heads: 8}, checkpoints: {intervalSteps: 10}")));
        Assert.True(halfMended.Allowed);
        Assert.Single(halfMended.Warnings);
        Assert.Equal(
            ["spec.model.heads", "spec.checkpoints.verifyAfterSteps", "spec.runPolicy.backoff.maximumSeconds"],
            Paths(
                _admission.Validate(
                    Update(
                        stored, Job("model: {heads: 7}, checkpoints: {intervalSteps: 10}, runPolicy: {backoff: {initialSeconds: 361}}")))));
    }

    [Fact]
    public void A_template_that_asks_for_more_is_refused_unless_the_operator_allows_it_or_another_controller_makes_the_pods()
    {
        const string privileged = "workers: {template: {spec: {hostPID: true}}}";
        Assert.Equal(["spec.workers.template.spec.hostPID"], Paths(_admission.Validate(Create(Job(privileged)))));
        Assert.True(new JobAdmission(new TemplateRules(AllowPrivileged: true)).Validate(Create(Job(privileged))).Allowed);
        Assert.True(_admission.Validate(Create(Job($"managedBy: example.com/other, {privileged}"))).Allowed);
    }

    [Fact]
    public void A_template_that_names_a_Secret_is_refused_where_the_operator_allows_none_or_others_only()
    {
        const string mounts = "workers: {template: {spec: {volumes: [{name: a, secret: {secretName: deployer-token}}]}}}";
        Assert.True(_admission.Validate(Create(Job(mounts))).Allowed);
        Assert.True(new JobAdmission(new TemplateRules(Secrets: ["deployer-token"])).Validate(Create(Job(mounts))).Allowed);
        foreach (var rules in (TemplateRules[])[new TemplateRules(Secrets: []), new TemplateRules(Secrets: ["other"]),
            new TemplateRules(AllowPrivileged: true, Secrets: [])])
        {
            Assert.Equal(["spec.workers.template.spec.volumes[0].secret.secretName"],
                Paths(new JobAdmission(rules).Validate(Create(Job(mounts)))));
            Assert.True(new JobAdmission(rules).Validate(Create(Job($"managedBy: example.com/other, {mounts}"))).Allowed);
            Assert.Single(new JobAdmission(rules).Validate(Update(Job(mounts), Job($"suspend: true, {mounts}"))).Warnings);
        }
    }

    [Fact]
    public void A_thousand_faults_are_cut_to_an_answer_that_the_server_takes()
    {
        var job = Job("");
        job["spec"]!["trainer"] =
            new JsonObject { ["env"] = new JsonArray([.. Enumerable.Range(0, 250).Select(i => new JsonObject { ["name"] = $"MHC_{i}" })]) };
        var causes = _admission.Validate(Create(job)).Status!["details"]!["causes"]!.AsArray();
        Assert.Equal((101, "and 150 more"), (causes.Count, (string?)causes[^1]!["message"]));
    }

    [Fact]
    public void What_is_no_job_passes_with_a_word_and_deletions_pass_without()
    {
        var bad = Job("model: {heads: 7}");
        var foreign = new AdmissionRequest("u", "CREATE", "example.com/v1 Thing", bad, null);
        Assert.All([_admission.Validate(foreign), JobAdmission.Default(foreign)], answer =>
        {
            Assert.True(answer.Allowed);
            Assert.Contains("example.com/v1 Thing was not looked at", Assert.Single(answer.Warnings), StringComparison.Ordinal);
        });
        Assert.True(_admission.Validate(new AdmissionRequest("u", "DELETE", null, null, bad)).Allowed);
    }

    private static void Check(Action<int> property) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Seeds, property));

    private static AdmissionRequest Create(JsonObject job) => new("u", "CREATE", null, job, null);

    private static AdmissionRequest Update(JsonObject before, JsonObject after) => new("u", "UPDATE", null, after, before);

    private static IEnumerable<string> Paths(AdmissionAnswer answer) =>
        answer.Status?["details"]!["causes"]!.AsArray().Select(cause => (string)cause!["field"]!) ?? [];

    /// <summary>A job whose spec is this YAML in one line.</summary>
    private static JsonObject Job(string spec) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "job" },
        ["spec"] = YamlReader.Read($"---\n{{{spec}}}")[0].Root,
    };
}
