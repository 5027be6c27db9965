using System.Diagnostics;
using System.Text.Json.Nodes;
using Api.Tests.Support;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Json;
using MhcOperator.Api.Manifests;

namespace Api.Tests.Manifests;

public sealed class JobManifestReaderTests
{
    [Fact]
    public void A_manifest_without_settings_gets_the_defaults_of_the_records()
    {
        var manifest = Assert.Single(JobManifestReader.FromYaml(Yaml("spec: {}"), "a.yaml"));

        Assert.Empty(manifest.Errors);
        Assert.Equal(Serialize(new MhcTrainingJobSpec()), Serialize(manifest.Job!.Spec));
        Assert.Equal("quickstart", manifest.Metadata.Name);
    }

    [Fact]
    public void An_object_from_the_server_is_read_with_its_metadata_and_status()
    {
        var json = JsonNode.Parse("""
            {"apiVersion":"training.mhc.dev/v1alpha1","kind":"MhcTrainingJob",
             "metadata":{"name":"a","namespace":"b","uid":"u-1","resourceVersion":"17","generation":3,"creationTimestamp":"2026-01-02T03:04:05Z",
               "labels":{"app.kubernetes.io/name":"x"},"finalizers":["f"],"futureField":{"x":1},
               "ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"o","controller":true}],
               "managedFields":[{"manager":"kubectl","operation":"Apply","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{".":{}}}}]},
             "spec":{"workers":{"replicas":2,"template":{"spec":{"nodeSelector":{"a":"b"}}}}},
             "status":{"attempt":2,"phase":"Running","conditions":[{"type":"Valid","status":"True","lastTransitionTime":"2026-01-02T03:04:05Z","reason":"R","message":"m"}],
               "rollbacks":[{"attempt":1,"reason":"LossSpike"}],"rollbackCount":1}}
            """)!.AsObject();
        var before = json.ToJsonString();

        var manifest = JobManifestReader.FromJson(json);

        Assert.Empty(manifest.Errors);
        Assert.Equal(before, json.ToJsonString());
        Assert.Equal("u-1", manifest.Metadata.Uid);
        Assert.Equal(3, manifest.Metadata.Generation);
        Assert.Equal(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), manifest.Metadata.CreationTimestamp);
        Assert.Equal("x", manifest.Metadata.Labels["app.kubernetes.io/name"]);
        Assert.True(Assert.Single(manifest.Metadata.OwnerReferences).Controller);
        Assert.Equal(2, manifest.Job!.Spec.Workers.Replicas);
        Assert.Equal("b", (string?)manifest.Job.Spec.Workers.Template!["spec"]!["nodeSelector"]!["a"]);
        Assert.Equal(2, manifest.Job.Status!.Attempt);
        Assert.Equal("Valid", Assert.Single(manifest.Job.Status.Conditions).Type);
        Assert.Equal(1, manifest.Job.Status.RollbackCount);
    }

    [Theory]
    [InlineData("spec:\n  model:\n    widht: 3", "job.yaml:7: spec.model.widht: unknown field; did you mean width?")]
    [InlineData("spec:\n  modle: {}", "job.yaml:6: spec.modle: unknown field; did you mean model?")]
    [InlineData("spec:\n  suspend: 1", "job.yaml:6: spec.suspend: expected true or false, got 1")]
    [InlineData("spec:\n  model: 5", "job.yaml:6: spec.model: expected an object, got 5")]
    [InlineData("spec:\n  drills: {}", "job.yaml:6: spec.drills: expected a list, got an object")]
    [InlineData("spec:\n  model:\n    layers: 2.5", "job.yaml:7: spec.model.layers: expected a whole number from 1 to 1024, got 2.5")]
    [InlineData("spec:\n  trainer:\n    env:\n    - name:",
        "job.yaml:8: spec.trainer.env[0].name: expected a C identifier (letters, digits and '_', not beginning with a digit), got null")]
    [InlineData("spec:\n  trainer:\n    args: [~]", "job.yaml:7: spec.trainer.args[0]: expected text, got null")]
    [InlineData("spec:\n  model:\n    residual: mhc",
        "job.yaml:7: spec.model.residual: expected one of Mhc, HyperConnections, Standard, got \"mhc\"; did you mean Mhc?")]
    [InlineData("spec:\n  optimization:\n    steps: 3000000000",
        "job.yaml:7: spec.optimization.steps: expected a whole number from 1 to 2147483647, got 3000000000")]
    [InlineData("spec:\n  optimization:\n    peakLearningRate: 0",
        "job.yaml:7: spec.optimization.peakLearningRate: expected a number over 0 and at most 1000, got 0")]
    [InlineData("spec:\n  data:\n    validationFraction: 1",
        "job.yaml:7: spec.data.validationFraction: expected a number of at least 0 and under 1, got 1")]
    [InlineData("spec:\n  trainer:\n    image: 5",
        "job.yaml:7: spec.trainer.image: expected text, got 5; put it in quotes if it is meant as text")]
    [InlineData("spec:\n  trainer:\n    image: ''", "job.yaml:7: spec.trainer.image: expected text, got the empty text")]
    [InlineData("spec:\n  trainer:\n    env:\n    - name: 1A",
        "job.yaml:8: spec.trainer.env[0].name: expected a C identifier (letters, digits and '_', not beginning with a digit), got \"1A\"")]
    [InlineData("spec:\n  trainer:\n    env:\n    - name: A\n    - name: A",
        "job.yaml:9: spec.trainer.env[1].name: expected each name once, got \"A\" in items 0 and 1")]
    [InlineData("spec:\n  trainer:\n    command: [sh, 5]",
        "job.yaml:7: spec.trainer.command[1]: expected text, got 5; put it in quotes if it is meant as text")]
    [InlineData("spec:\n  checkpoints:\n    volume:\n      size: 0Gi",
        "job.yaml:8: spec.checkpoints.volume.size: expected a Kubernetes quantity over 0, such as 10Gi, got \"0Gi\"")]
    [InlineData("spec:\n  checkpoints:\n    volume:\n      subPath: ../x",
        "job.yaml:8: spec.checkpoints.volume.subPath: expected a relative path without \".\" and \"..\", got \"../x\"")]
    [InlineData("spec:\n  checkpoints:\n    volume:\n      accessModes: []",
        "job.yaml:8: spec.checkpoints.volume.accessModes: expected at least 1 items, got 0")]
    [InlineData("spec:\n  data:\n    source:\n      configMap: {}",
        "job.yaml:8: spec.data.source.configMap.name: expected a Kubernetes object name (lower-case letters, digits, '-' and '.'), got nothing")]
    [InlineData("spec:\n  drills:\n  - step: 1",
        "job.yaml:7: spec.drills[0].kind: expected one of LearningRateSpike, PoisonBatches, NonFiniteGradient, Crash, Hang, CorruptCheckpoint, got nothing")]
    [InlineData("specs: {}", "job.yaml:1: spec: expected an object, got nothing\njob.yaml:5: specs: unknown field; did you mean spec?")]
    [InlineData("spec:", "job.yaml:5: spec: expected an object, got null")]
    public void What_is_wrong_is_told_with_file_line_field_and_what_was_expected(string rest, string expected) =>
        Assert.Equal(expected, string.Join('\n', Assert.Single(JobManifestReader.FromYaml(Yaml(rest), "job.yaml")).Errors));

    [Theory]
    [InlineData("", "job.yaml:1: (document): expected a MhcTrainingJob, got an empty text")]
    [InlineData("---\n# nothing\n---\n", "job.yaml:1: (document): expected a MhcTrainingJob, got an empty text")]
    [InlineData("[1]", "job.yaml:1: (document): expected an object with apiVersion, kind, metadata, spec, got a list")]
    [InlineData("apiVersion: v1\nkind: Pod",
        "job.yaml:1: apiVersion: expected training.mhc.dev/v1alpha1, got \"v1\"\njob.yaml:2: kind: expected MhcTrainingJob, got \"Pod\"")]
    [InlineData("kind: List\nitems: 5", "job.yaml:2: items: expected a list of objects, got 5")]
    [InlineData("kind: List\nitems: [5]", "job.yaml:2: items[0]: expected an object, got 5")]
    [InlineData("apiVersion: training.mhc.dev/v1alpha1\nkind: MhcTrainingJob\nspec: {}",
        "job.yaml:1: metadata.name: expected lower-case letters, digits and '-', beginning with a letter and not ending with '-', got nothing")]
    public void What_is_no_job_is_told(string text, string expected) =>
        Assert.Equal(expected, string.Join('\n', Assert.Single(JobManifestReader.FromYaml(text, "job.yaml")).Errors));

    [Fact]
    public void Every_document_and_every_item_of_a_list_is_one_manifest()
    {
        var item = Yaml("spec:\n  model: {heads: 0}").Replace("\n", "\n  ", StringComparison.Ordinal);
        var manifests = JobManifestReader.FromYaml($"{Yaml("spec: {}")}\n---\n---\nkind: List\nitems:\n- {item}\n- {item}\n", "job.yaml");

        Assert.Equal(3, manifests.Count);
        Assert.Empty(manifests[0].Errors);
        Assert.Equal("job.yaml:21: items[1].spec.model.heads: expected a whole number from 1 to 1024, got 0",
            Assert.Single(manifests[2].Errors).ToString());
    }

    [Fact]
    public void A_whole_number_may_be_written_as_a_float_and_null_means_the_default()
    {
        var manifest = Assert.Single(
            JobManifestReader.FromYaml(Yaml("spec: {optimization: {steps: 2e3, batchTokens: 65536.0, seed: null}}"), "job.yaml"));

        Assert.Empty(manifest.Errors);
        Assert.Equal((2000, 65536, 1L),
            (manifest.Job!.Spec.Optimization.Steps, manifest.Job.Spec.Optimization.BatchTokens, manifest.Job.Spec.Optimization.Seed));
    }

    [Theory]
    [InlineData("1e18", 1_000_000_000_000_000_000)]
    [InlineData("4611686018427387904.0", 4_611_686_018_427_388_000)]
    [InlineData("9007199254740993.0", 9_007_199_254_740_992)]
    [InlineData("9.2e18", 9_200_000_000_000_000_000)]
    public void A_large_whole_number_is_what_kubectl_makes_of_it(string seed, long stored)
    {
        var manifest = Assert.Single(JobManifestReader.FromYaml(Yaml($"spec: {{optimization: {{seed: {seed}}}}}"), "job.yaml"));

        Assert.Empty(manifest.Errors);
        Assert.Equal(stored, manifest.Job!.Spec.Optimization.Seed);
    }

    [Theory]
    [InlineData("9223372036854775808.0")]
    [InlineData("1e19")]
    [InlineData("1e300")]
    public void A_whole_number_of_more_than_64_bits_is_an_error(string seed) =>
        Assert.Contains(
            "seed", Assert.Single(
                Assert.Single(JobManifestReader.FromYaml(Yaml($"spec: {{optimization: {{seed: {seed}}}}}"), "job.yaml")).Errors).Path,
                StringComparison.Ordinal);

    [Fact]
    public void A_bad_object_from_the_server_keeps_its_metadata_its_status_and_what_is_right_of_its_spec()
    {
        var json = JsonNode.Parse("""
            {"apiVersion":"training.mhc.dev/v1alpha1","kind":"MhcTrainingJob","metadata":{"name":"a","uid":"u","labels":{"x":5}},
             "spec":{"suspend":true,"model":{"heads":"many","layers":7,"nonsense":1},"workers":null},"status":{"attempt":4,"phase":7,"unknown":1}}
            """)!.AsObject();

        var manifest = JobManifestReader.FromJson(json);

        Assert.Equal(["metadata.labels.x", "spec.model.heads", "spec.model.nonsense"], manifest.Errors.Select(e => e.Path));
        Assert.Equal("u", manifest.Metadata.Uid);
        Assert.True(manifest.Job!.Spec.Suspend);
        Assert.Equal((7, 12), (manifest.Job.Spec.Model.Layers, manifest.Job.Spec.Model.Heads));
        Assert.Equal(4, manifest.Status!.Attempt);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"spec\":{}}")]
    [InlineData("{\"metadata\":7,\"spec\":[]}")]
    [InlineData("{\"metadata\":{\"creationTimestamp\":\"yesterday\"},\"spec\":{},\"status\":[]}")]
    [InlineData("{\"metadata\":{\"name\":\"\\ud800\"},\"spec\":{}}")]
    [InlineData("{\"spec\":{\"workers\":{\"template\":{\"spec\":{\"x\":\"\\ud800\"}}}}}")]
    [InlineData("{\"spec\":{\"a\":1,\"a\":2}}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"kind\":\"Other\"}")]
    public void Whatever_a_server_sends_is_read_without_an_exception(string json) =>
        Assert.NotNull(JobManifestReader.FromJson(JsonNode.Parse(json)!.AsObject()).Errors);

    [Fact]
    public void Defaults_of_a_complete_object_change_nothing()
    {
        var once = JobYaml.Spec("workers: {replicas: 2, template: {spec: {x: [1]}}}, drills: [{kind: Crash, step: 3}]");
        var again = JobManifestReader.FromJson(Json(once));

        Assert.Empty(again.Errors);
        Assert.Equal(Serialize(once), Serialize(again.Job!.Spec));
    }

    [Theory]
    [InlineData(
        "spec:\n  model: {keyValueHeads: ~, feedForwardWidth: , vocabulary: null, layers: ~}\n  optimization: {microBatchTokens: ~}\n  runPolicy: ~\n  drills:")]
    [InlineData("spec:\n  trainer: {image: ~, command: ~, args: ~, env: ~}\n  workers: {template: ~}\n  scheduling: {queue: ~}")]
    public void A_field_that_is_null_is_as_good_as_left_out(string rest)
    {
        var manifest = Assert.Single(JobManifestReader.FromYaml(Yaml(rest), "job.yaml"));

        Assert.Empty(manifest.Errors);
        Assert.Equal(Serialize(JobManifestReader.FromYaml(Yaml("spec: {}"), "job.yaml")[0].Job!.Spec), Serialize(manifest.Job!.Spec));
    }

    [Fact]
    public void A_manifest_is_read_in_under_5_milliseconds()
    {
        var json = Json(JobYaml.Spec("workers: {template: {spec: {nodeSelector: {a: b}}}}, drills: [{kind: Crash, step: 3}]"));
        var fastest = Enumerable.Range(0, 300).Min(_ =>
        {
            var watch = Stopwatch.StartNew();
            JobManifestReader.FromJson(json);
            return watch.Elapsed.TotalMilliseconds;
        });

        // The fastest of many: the machine does other things as well.
        Assert.InRange(fastest, 0, 5);
    }

    private static JsonObject Json(MhcTrainingJobSpec spec) =>
        System.Text.Json.JsonSerializer.SerializeToNode(new MhcTrainingJob { Metadata = new V1ObjectMeta { Name = "a" }, Spec = spec },
            ApiJsonContext.Default.MhcTrainingJob)!.AsObject();

    private static string Yaml(string rest) => $"""
        apiVersion: training.mhc.dev/v1alpha1
        kind: MhcTrainingJob
        metadata:
          name: quickstart
        {rest}
        """;

    private static string Serialize(MhcTrainingJobSpec spec) =>
        System.Text.Json.JsonSerializer.Serialize(spec, ApiJsonContext.Default.MhcTrainingJobSpec);

    private static IEnumerable<string> MetadataErrors(string metadata) =>
        JobManifestReader.FromYaml($"apiVersion: training.mhc.dev/v1alpha1\nkind: MhcTrainingJob\nmetadata: {{{metadata}}}\nspec: {{}}\n",
            "job.yaml")[0].Errors.Select(e => $"{e.Path}: {e.Message}");

    [Theory]
    [InlineData("name: a, namespace: 2024-vision")]
    [InlineData("name: a, namespace: '42'")]
    [InlineData("generateName: a-")]
    [InlineData(
        "name: a, labels: {app.kubernetes.io/name: X_y.z, a: ''}, annotations: {Any/Key: any text}, finalizers: [example.com/audit]")]
    public void Metadata_that_a_server_takes_is_valid(string metadata) => Assert.Empty(MetadataErrors(metadata));

    [Theory]
    [InlineData("name: a, namespace: A", "metadata.namespace: expected lower-case letters, digits and '-', not '-' at its ends, got \"A\"")]
    [InlineData(
        "name: 1a", "metadata.name: expected lower-case letters, digits and '-', beginning with a letter and not ending with '-', got \"1a\"")]
    [InlineData("generateName: 1-",
        "metadata.generateName: expected lower-case letters, digits and '-', beginning with a letter, got \"1-\"")]
    [InlineData("name: a, labels: {-x: b}",
        "metadata.labels.-x: expected as the key a label key (at most 63 letters, digits, '-', '_' and '.', not these at its ends, and before it at most a domain and '/'), got \"-x\"")]
    [InlineData("name: a, labels: {x: b c}",
        "metadata.labels.x: expected a label value (at most 63 letters, digits, '-', '_' and '.', not these at its ends), got \"b c\"")]
    [InlineData("name: a, annotations: {a/b/c: x}",
        "metadata.annotations[a/b/c]: expected as the key a label key (at most 63 letters, digits, '-', '_' and '.', not these at its ends, and before it at most a domain and '/'), got \"a/b/c\"")]
    [InlineData("name: a, ownerReferences: [{apiVersion: v1, kind: Pod, name: x}]",
        "metadata.ownerReferences[0].uid: expected text, got nothing")]
    [InlineData("labels: {}",
        "metadata.name: expected lower-case letters, digits and '-', beginning with a letter and not ending with '-', got nothing")]
    public void Metadata_that_a_server_refuses_is_named(string metadata, string expected) =>
        Assert.Equal([expected], MetadataErrors(metadata));

    [Theory]
    [InlineData("2024-vision")]
    [InlineData("A_b")]
    public void A_namespace_that_a_server_has_accepted_is_not_judged_again(string ns)
    {
        var json = JsonNode.Parse(
            $$"""{"metadata":{"name":"a","namespace":"{{ns}}","labels":{"-odd-":"as they were stored"},"generateName":"A"},"spec":{} }""")!.AsObject();
        var manifest = JobManifestReader.FromJson(json);
        Assert.Empty(manifest.Errors);
        Assert.Equal(ns, manifest.Metadata.NamespaceProperty);
    }

    [Fact]
    public void A_job_with_a_generated_name_gets_one_as_long_as_the_servers_and_one_with_a_name_keeps_it()
    {
        var manifest = JobManifestReader.FromYaml(
            "apiVersion: training.mhc.dev/v1alpha1\nkind: MhcTrainingJob\nmetadata: {generateName: try-}\nspec: {}\n", "a.yaml")[0];
        Assert.Matches("^try-[a-z0-9]{5}$", GeneratedName.Give(manifest, new Random(1)).Job!.Metadata.Name);
        var named = JobManifestReader.FromYaml(Yaml("spec: {}"), "a.yaml")[0];
        Assert.Same(named, GeneratedName.Give(named, new Random(1)));
    }
}
