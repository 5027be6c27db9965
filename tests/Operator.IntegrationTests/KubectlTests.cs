using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Json;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>Whatever `mhc validate` finds valid, a real kubectl stores with the same values on a real API server.</summary>
public sealed class KubectlTests(SharedServer shared) : IDisposable
{
    private const string Head = "apiVersion: training.mhc.dev/v1alpha1\nkind: MhcTrainingJob\nmetadata: {name: a}\n";
    private const string Second = "apiVersion: training.mhc.dev/v1alpha1\nkind: MhcTrainingJob\nmetadata: {name: b}\nspec: {}\n";
    private const string Json =
        """{"apiVersion":"training.mhc.dev/v1alpha1","kind":"MhcTrainingJob","metadata":{"name":"a"},"spec":{"suspend":true}}""";

    private readonly Kubectl _kubectl = new();

    /// <summary>Texts that both read alike.</summary>
    public static TheoryData<string> Alike =>
    [
        $"{Head}spec:\n  optimization: {{steps: &s 200, warmupSteps: *s}}\n",
        $"{Head}spec: {{optimization: {{steps: &s 200, warmupSteps: *s,seed: 7}}, model: {{layers: &l 2,heads: 4 , width: 64}}}}\n",
        $"{Head}spec:\n  optimization: {{steps: 2e2, warmupSteps: 0x10, seed: 0o17, peakLearningRate: 1e-3, weightDecay: .5}}\n",
        $"{Head}spec:\n  optimization: {{steps: 0200, warmupSteps: 1_0, seed: 0b11}}\n  suspend: yes\n",
        $"{Head}spec: {{suspend: n}}\n",
        $"{Head}spec: {{suspend: ~, model: {{keyValueHeads: ~, layers: null}}, trainer: {{image: ~, env: [{{name: A, value: }}]}}, workers: {{template: ~}}}}\n",
        $"{Head}spec: {{suspend: !!bool \"true\", optimization: {{steps: !!int \"5\", warmupSteps: 0}}}}\n",
        $"{Head}spec:\n  model:\n    <<: {{width: 128, heads: 8}}\n    heads: 4\n",
        $"{Head}spec:\n  model:\n    <<: [{{width: 128, heads: 8}}, {{heads: 2, layers: 3}}]\n",
        $"{Head}spec: {{suspend: true}}\n---\n\ufeff{Second}",
        $"{Head}spec: {{suspend: true}}\n---  \t\n# nothing\n---\r\n{Second}...\n",
        $"--- # the first\n{Head}spec: {{suspend: true}}\n",
        $"# a comment\n\n--- # the first\n{Head}spec: {{}}\n...\n---\n{Second}",
        $"null\n---\n{Head}spec: {{}}\n",
        $"{Json}\n{Json.Replace("\"a\"", "\"b\"", StringComparison.Ordinal)}\n",
        $"\t{Json.Replace(",", ",\n\t", StringComparison.Ordinal)}",
        $"\ufeff{Json}",
        $"---\n{Json}\n---\n{Second}",
        $"apiVersion: v1\nkind: List\nitems:\n- {Head.Replace("\n", "\n  ", StringComparison.Ordinal)}spec: {{suspend: on}}\n",
        $"{Head}spec:\n  workers:\n    template:\n      spec:\n        x: [0x1F, 017, 089, 1e3, .5, 6., 1:30, 2026-01-02, y, No, ~, '', .5_0, 1__0, 0b-11, -0o7, _1, 1.2.3, +1, 0x, 1_, -0, 18446744073709551615, 18446744073709551616]\n",
        $"{Head}spec:\n  workers:\n    template:\n      spec:\n        x: {{a:1, \"b\":2, c :3, d: e:f, 1: x, -: y, \"on\": z}}\n        v: [a: 1, ? b : c, \"d\" : e, f#g, ]\n",
        $"{Head}spec:\n  workers:\n    template:\n      spec:\n        x: |2+\n            a\n           b\n\n        v: >-\n          a\n          b\n\n          c\n        z: \"a\\\n          b\\x41\\u00e9\\U0001F600\"\n        w: 'it''s\n\n          two'\n",
        Head.Replace("\n", "\r\n", StringComparison.Ordinal)
            + "spec:\r\n  trainer:\r\n    env:\r\n    - {name: A, value: |-\r\n      x}\r\n".Replace("|-\r\n      x", "\"x\"",
            StringComparison.Ordinal),
    ];

    /// <summary>Texts that kubectl refuses, changes or drops a part of, and what our message says of it.</summary>
    public static TheoryData<string, string> Different => new()
    {
        { $"{Head}spec: {{suspend: true}}\n--- # second\n{Second}", "older versions of kubectl drop what follows" },
        { $"{Head}spec: {{suspend: true}}\n--- second\n{Second}", "kubectl refuses" },
        { $"{Head}spec: {{suspend: true}}\n...\n{Second}", "kubectl drops it" },
        { $"{Head}spec: {{suspend: true}}\n---\n# nothing\n...\n", "kubectl refuses it" },
        { $"{Head}spec: {{trainer: {{args: [a?b]}}}}\n", "in quotes" },
        { $"%YAML 1.1\n---\n{Head}spec: {{}}\n", "kubectl refuses it" },
        { $"{Head}spec:\n  model:\n    heads: 4\n    <<: {{width: 128, heads: 8}}\n", "kubectl takes what comes last" },
        { $"{Head}spec:\n  model:\n    <<: {{heads: 2}}\n    <<: {{heads: 4}}\n", "expected << once" },
        { $"{Head}spec: {{suspend: true, suspend: false}}\n", "expected each field once" },
        { $"{Json[..^1]},\"spec\":{{}}}}", "expected each field once" },
        { $"{{{Head.TrimEnd().Replace("\n", ", ", StringComparison.Ordinal)}, spec: {{}}}}", "JSON" },
        { $"{Json}\n---\n{Second}", "JSON" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{nodeSelector: {{on: x}}}}}}}}}}\n", "kubectl reads as true" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{nodeSelector: {{0x10: x}}}}}}}}}}\n", "kubectl reads as 16" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{nodeSelector: {{~: x}}}}}}}}}}\n", "kubectl reads as null" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{x: \"a\\/b\"}}}}}}}}\n", "kubectl refuses" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{x: \"\\ud83d\\ude00\"}}}}}}}}\n", "kubectl refuses" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{x: [%a]}}}}}}}}\n", "in quotes" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{x: .inf}}}}}}}}\n", "a finite number" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{x: !!binary aGk=}}}}}}}}\n", "without the tag" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{x: !!int 1.5}}}}}}}}\n", "without the tag" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{x: &é 1}}}}}}}}\n", "an anchor of ASCII letters" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{x: &x 1, y: &x [*x]}}}}}}}}\n", "has no anchor before it" },
        { $"{Head}spec: {{workers: {{template: {{spec: {{x: \"a\u0001\"}}}}}}}}\n", "no control characters" },
        { $"{Head}spec:\n\tsuspend: true\n", "no tabs" },
        { $"{Head}spec: {{suspend: true\n", "syntax error" },
        { $"{Head}spec: {{suspend: \"yes\"}}\n", "expected true or false" },
    };

    public void Dispose() => _kubectl.Dispose();

    [Theory]
    [MemberData(nameof(Alike))]
    public async Task What_is_valid_here_is_stored_with_the_same_values(string text)
    {
        var (stored, ours) = (await CreateAsync(text), JobManifestReader.FromYaml(text, "job.yaml"));

        Assert.True(stored.Error is null, stored.Error);
        Assert.Empty(ours.SelectMany(m => m.Errors));
        Assert.Equal(stored.Objects.Select(Meaning), ours.Select(Meaning));
    }

    [Theory]
    [InlineData("1e18")]
    [InlineData("4611686018427387904.0")]
    [InlineData("9007199254740993.0")]
    [InlineData("1.2345678901234567e18")]
    [InlineData("9007199254740993")]
    [InlineData("9.2e18")]
    public async Task A_large_whole_number_is_stored_to_the_last_digit_as_it_is_read_here(string seed)
    {
        foreach (var text in (string[])[$"{Head}spec: {{optimization: {{seed: {seed}}}}}\n",
            Json.Replace("\"suspend\":true", $"\"optimization\":{{\"seed\":{seed}}}", StringComparison.Ordinal)])
        {
            var (stored, ours) = (await CreateAsync(text), Assert.Single(JobManifestReader.FromYaml(text, "job.yaml")));

            Assert.True(stored.Error is null, stored.Error);
            Assert.Empty(ours.Errors);
            Assert.Equal(stored.Objects.Select(o => JobManifestReader.FromJson(o).Job!.Spec.Optimization.Seed),
                [ours.Job!.Spec.Optimization.Seed]);
        }
    }

    [Theory]
    [MemberData(nameof(Different))]
    public async Task What_kubectl_refuses_changes_or_drops_is_an_error_that_says_so(string text, string words)
    {
        var errors = JobManifestReader.FromYaml(text, "job.yaml").SelectMany(m => m.Errors).ToList();

        Assert.Contains(errors, e => e.Message.Contains(words, StringComparison.Ordinal));
        _ = await CreateAsync(text);
    }

    [Fact]
    public async Task Sixty_random_texts_are_read_as_kubectl_reads_them_or_refused()
    {
        var texts = Enumerable.Range(1, 60).Select(RandomYaml.Text).ToArray();
        await Parallel.ForEachAsync(texts, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancel },
            async (text, cancel) =>
        {
            var (theirs, ours) = (await _kubectl.ReadAsync(text, cancel), JobManifestReader.FromYaml(text, "job.yaml"));
            if (ours.Any(m => m.Errors.Count > 0))
            {
                return;
            }

            Assert.True(theirs.Error is null, $"found valid, but kubectl says {theirs.Error}:\n{text}");
            Assert.Equal(theirs.Objects.Select(Meaning), ours.Select(Meaning));
        });
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task<KubectlAnswer> CreateAsync(string text) => _kubectl.CreateAsync(shared.Server.Kubeconfig(), text, Cancel);

    private static string Meaning(JsonObject stored) => Meaning(JobManifestReader.FromJson(stored));

    // Numbers are compared as numbers: 1e3 is 1000.
    private static string Meaning(JobManifest manifest)
    {
        var spec = JsonSerializer.SerializeToNode(manifest.Job!, ApiJsonContext.Default.MhcTrainingJob)!["spec"];
        return $"{manifest.Metadata.Name}: {Plain(spec)?.ToJsonString()}";
    }

    private static JsonNode? Plain(JsonNode? node) => node switch
    {
        JsonObject json => new JsonObject(json.OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => KeyValuePair.Create(p.Key, Plain(p.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Plain)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number =>
            JsonValue.Create(double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)),
        _ => node?.DeepClone(),
    };
}
