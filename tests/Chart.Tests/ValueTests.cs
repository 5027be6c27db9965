using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Chart.Tests.Support;
using MhcOperator.Api.Yaml;
using MhcOperator.Operator.Hosting;
using MhcOperator.Testing.Programs;

namespace Chart.Tests;

/// <summary>The chart's values: each is known, described, used and refused where it is wrong.</summary>
public sealed partial class ValueTests
{
    /// <summary>What the operator finds by itself in its pod.</summary>
    private static readonly string[] NotValues = ["--kubeconfig", "--help", "--version"];

    /// <summary>What a chart above this one may set, and what a user may add to an object.</summary>
    private static readonly string[] NotDefaults = ["enabled"];

    private static JsonObject Defaults => YamlReader.Read(File.ReadAllText(Path.Combine(Helm.Chart, "values.yaml")))[0].Root!.AsObject();

    private static JsonObject Schema => JsonNode.Parse(File.ReadAllText(Path.Combine(Helm.Chart, "values.schema.json")))!.AsObject();

    public static TheoryData<string> HelmVersions() => [.. Helm.Versions];

    public static TheoryData<string, string> Wrong() => new()
    {
        { "nonsense: 1", "nonsense" },
        { "image: {nonsense: 1}", "nonsense" },
        { "image: {digest: 'sha256:12'}", "digest" },
        { "replicas: 0", "replicas" },
        { "replicas: 1", "replicas: with one, podDisruptionBudget.enabled would hold up every drain" },
        { "leaderElection: {enabled: false}", "replicas: without leaderElection.enabled there can be one" },
        { "certificates: {existingSecret: ours}", "certificates.caBundle: API servers need the authority" },
        { "certificates: {caBundle: AAAA}", "certificates.caBundle: the operator, or cert-manager, writes it" },
        { "certificates: {existingSecret: ours, caBundle: AAAA, certManager: {enabled: true}}",
            "certificates.existingSecret: cert-manager makes a Secret of its own" },
        { "watchNamespaces: [Upper]", "watchNamespaces" },
        { "watchNamespaces: [a, a]", "watchNamespaces" },
        { "webhooks: {port: 80}", "port" },
        { "webhooks: {port: 8080}", "each is a port of its own" },
        { "webhooks: {failurePolicy: Sometimes}", "failurePolicy" },
        { "logLevel: loud", "logLevel" },
        { "kubeApi: {qps: many}", "qps" },
        { "workers: 1.5", "workers" },
        { "extraArgs: [nonsense]", "extraArgs" },
        { "allowSecretsInTemplates: [a_b]", "allowSecretsInTemplates" },
        { "networkPolicy: {jobs: true, metricsFrom: {matchExpressions: [{key: a, operator: Exists}]}}",
            "networkPolicy.metricsFrom.matchExpressions" },
    };

    [Theory, MemberData(nameof(HelmVersions))]
    public async Task Helm_has_nothing_to_say_against_the_chart(string helm)
    {
        var answer = await Helm.RunAsync(helm, "lint", "--strict", Helm.Chart);

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        Assert.DoesNotContain("[WARNING]", answer.Output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Wrong))]
    public async Task What_is_wrong_is_refused_by_its_name(string values, string named)
    {
        foreach (var helm in Helm.Versions)
        {
            var answer = await Release.TryAsync(values, helm: helm);
            Assert.NotEqual(0, answer.ExitCode);
            Assert.Contains(named, answer.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Namespaces_without_a_label_of_their_name_need_a_selector()
    {
        var answer = await Release.TryAsync("watchNamespaces: [a]", "1.20.2");

        Assert.Contains("webhooks.namespaceSelector: watchNamespaces needs it before Kubernetes 1.21", answer.Error,
            StringComparison.Ordinal);
        await Release.RenderAsync("{watchNamespaces: [a], webhooks: {namespaceSelector: {matchLabels: {mhc: 'on'}}}}", "1.20.2");
    }

    [Fact]
    public void The_schema_knows_each_value_and_no_other() =>
        Assert.Equal(
            Leaves(Defaults).Concat(NotDefaults).Order(StringComparer.Ordinal),
            Described(Schema, "").Order(StringComparer.Ordinal));

    [Fact]
    public void Each_value_is_used()
    {
        var templates = string.Concat(Directory.EnumerateFiles(Path.Combine(Helm.Chart, "templates"), "*", SearchOption.AllDirectories)
            .Select(File.ReadAllText));
        var helpers = ParenthesizedRoot().Replace(templates, ".Values.${root}");

        Assert.All(Leaves(Defaults), path => Assert.True(
            Regex.IsMatch(helpers, $@"\.Values\.{Regex.Escape(path)}\b", RegexOptions.None, TimeSpan.FromSeconds(1)) || IsPassedOn(path),
            $"{path} is used by no template"));

        // An image is given to a template as a whole, and what is below `monitoring.rules` by its name.
        bool IsPassedOn(string path) => helpers.Contains($".Values.{path[..path.LastIndexOf('.')]})", StringComparison.Ordinal)
            || path.StartsWith("monitoring.rules.", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_option_of_the_operator_is_a_value()
    {
        string[] sets =
        [
            """
            trainer: {imagePullSecrets: [a]}
            watchNamespaces: [a]
            certificates: {existingSecret: ours, caBundle: AAAA}
            kubeApi: {qps: 1, burst: 1}
            allowPrivilegedTemplates: true
            forbidSecretsInTemplates: true
            allowSecretsInTemplates: [for-jobs]
            rehearsal: false
            bindAddress: "::"
            metrics: {authorization: false}
            networkPolicy: {jobs: true, namespaceLabels: {team: a, part: b}}
            """,
            "{replicas: 1, podDisruptionBudget: {enabled: false}, leaderElection: {enabled: false}}",
        ];
        var given = await Task.WhenAll(sets.Select(async values => (await Release.RenderAsync(values)).Arguments.ToArray()));
        var command = OperatorCommand.Create();

        Assert.Equal(
            command.Options.Select(o => o.Name).Except(NotValues).Order(StringComparer.Ordinal),
            given.SelectMany(arguments => arguments).Select(a => a.Split('=')[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.All(given, arguments => Assert.Empty(command.Parse(arguments).Errors));
    }

    [Fact]
    public async Task Another_chart_may_have_this_one_as_a_part()
    {
        var parent = Directory.CreateTempSubdirectory("mhc-parent-").FullName;
        try
        {
            var cancel = TestContext.Current.CancellationToken;
            await File.WriteAllTextAsync(Path.Combine(parent, "Chart.yaml"),
                $"apiVersion: v2\nname: parent\nversion: 0.1.0\ndependencies:\n- name: mhc-operator\n  version: \"*\"\n  repository: file://{Helm.Chart}\n  condition: mhc-operator.enabled\n", cancel);
            await File.WriteAllTextAsync(Path.Combine(parent, "values.yaml"),
                "global: {imageRegistry: registry.example.com, storageClass: fast}\nmhc-operator: {enabled: true, workers: 3}\n", cancel);
            foreach (var helm in Helm.Versions)
            {
                var built = await Helm.RunAsync(helm, "dependency", "update", parent);
                Assert.True(built.ExitCode == 0, built.Error);
                var on = await Helm.RunAsync(helm, "template", "whole", parent, "--namespace", Release.Namespace);
                Assert.True(on.ExitCode == 0, on.Error);
                Assert.Contains("--workers=3", on.Output, StringComparison.Ordinal);
                Assert.Contains("image: registry.example.com/mhc-operator:", on.Output, StringComparison.Ordinal);
                Assert.DoesNotContain("kind: Deployment",
                    (await Helm.RunAsync(helm, "template", "whole", parent, "--set", "mhc-operator.enabled=false")).Output,
                    StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }

    /// <summary>Paths of all values; what is empty, or a list, is one.</summary>
    private static IEnumerable<string> Leaves(JsonObject values, string at = "")
    {
        foreach (var (name, value) in values)
        {
            if (value is JsonObject { Count: > 0 } below && !IsOpen(at + name))
            {
                foreach (var path in Leaves(below, $"{at}{name}."))
                {
                    yield return path;
                }
            }
            else
            {
                yield return at + name;
            }
        }
    }

    /// <summary>
    /// Whether it is a piece of Kubernetes, of which the chart knows nothing, or an alert, whose settings have tests of their own.
    /// </summary>
    private static bool IsOpen(string path) => path is "resources" or "podSecurityContext" or "securityContext" or "nodeSelector"
        or "networkPolicy.metricsFrom" or "monitoring.dashboards.labels"
        || path.StartsWith("monitoring.rules.", StringComparison.Ordinal);

    private static IEnumerable<string> Described(JsonObject schema, string at)
    {
        foreach (var (name, value) in schema["properties"]!.AsObject())
        {
            var below = value!.AsObject();
            if (below.ContainsKey("properties") && Defaults is var defaults && Find(defaults, at + name) is JsonObject { Count: > 0 }
                && !IsOpen(at + name))
            {
                foreach (var path in Described(below, $"{at}{name}."))
                {
                    yield return path;
                }
            }
            else
            {
                yield return at + name;
            }
        }
    }

    private static JsonNode? Find(JsonObject values, string path) =>
        path.Split('.').Aggregate((JsonNode?)values, (node, name) => (node as JsonObject)?[name]);

    [GeneratedRegex(@"\(\.Values\.(?<root>\w+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ParenthesizedRoot();
}
