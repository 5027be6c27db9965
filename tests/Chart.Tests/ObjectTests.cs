using System.Text.Json.Nodes;
using Chart.Tests.Support;
using MhcOperator.Api.Validation;
using MhcOperator.Testing.Programs;

namespace Chart.Tests;

/// <summary>What single objects of the release are.</summary>
public sealed class ObjectTests
{
    [Fact]
    public void The_definitions_are_those_of_the_repository()
    {
        Repository.HoldUpToDate("charts/mhc-operator/files/crd.yaml", Text("crds/mhctrainingjobs.training.mhc.dev.yaml"));
        Repository.HoldUpToDate("charts/mhc-operator/files/crd-cel.yaml", Text("crds/cel/mhctrainingjobs.training.mhc.dev.yaml"));
    }

    [Theory]
    [InlineData("1.20.2", "crds")]
    [InlineData("1.35.0", "crds/cel")]
    public async Task A_definition_is_rendered_as_it_is_and_stays_when_the_release_goes(string server, string folder)
    {
        var rendered = (await Release.RenderAsync("", server)).Of("CustomResourceDefinition").Single();
        Assert.Equal("keep", (string?)rendered["metadata"]!["annotations"]!["helm.sh/resource-policy"]);
        rendered["metadata"]!.AsObject().Remove("labels");
        rendered["metadata"]!.AsObject().Remove("annotations");
        var original = MhcOperator.Api.Yaml.YamlReader.Read(Text($"{folder}/mhctrainingjobs.training.mhc.dev.yaml"))[0].Root!;
        Assert.Equal(original.ToJsonString(), rendered.ToJsonString());
        var kept = await Release.RenderAsync("crds: {keep: false}", server);
        Assert.Null(kept.Of("CustomResourceDefinition").Single()["metadata"]!["annotations"]);
    }

    /// <summary>A certificate that Helm makes or looks up is another with each upgrade, or none where nothing can be looked up.</summary>
    [Fact]
    public void No_template_makes_a_certificate_or_looks_one_up()
    {
        var templates = Directory.EnumerateFiles(Path.Combine(Helm.Chart, "templates"), "*", SearchOption.AllDirectories).ToList();
        Assert.NotEmpty(templates);
        Assert.All(templates, file => Assert.All(
            (string[])["genCA", "genSelfSigned", "genSigned", "genPrivateKey", "lookup ", "randAlpha", "now "],
            function => Assert.DoesNotContain(function, File.ReadAllText(file), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("certificates: {certManager: {enabled: true}}")]
    public async Task The_operators_pod_meets_the_restricted_standard(string values)
    {
        var pod = (await Release.RenderAsync(values)).Of("Deployment").Single()["spec"]!["template"]!.DeepClone().AsObject();
        var account = (string?)pod["spec"]!["serviceAccountName"];

        var errors = PodTemplatePrivileges.CheckPod(pod);

        Assert.Equal("mhc-mhc-operator", account);
        Assert.All(
            errors, error => Assert.True(
                error.Path.EndsWith("serviceAccountName", StringComparison.Ordinal)
                    || error.Path.Contains("Token", StringComparison.Ordinal), error.ToString()));
    }

    [Fact]
    public async Task An_operator_of_some_namespaces_has_roles_there_and_no_cluster_role()
    {
        var release = await Release.RenderAsync(
            "{watchNamespaces: [one, two], crds: {install: false}, webhooks: {enabled: false}, metrics: {secure: false}, stackDumps: true}");

        Assert.DoesNotContain(release.Objects, made => ((string)made["kind"]!).StartsWith("Cluster", StringComparison.Ordinal));
        Assert.Equal(["one", "one", Release.Namespace, "two", "two"],
            release.Of("Role").Select(r => (string)r["metadata"]!["namespace"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Roles_in_namespaces_grant_what_the_cluster_role_does_but_nodes()
    {
        var all = (await Release.RenderAsync()).Of("ClusterRole").Single(role => Release.NameOf(role) == "mhc-mhc-operator");
        var one = (await Release.RenderAsync("watchNamespaces: [one]")).Of("Role")
            .Single(role => (string?)role["metadata"]!["namespace"] == "one");

        Assert.Equal(Rules(all).Where(rule => !rule.Contains("\"nodes\"", StringComparison.Ordinal)), Rules(one));
        static IEnumerable<string> Rules(JsonObject role) => role["rules"]!.AsArray().Select(rule => rule!.ToJsonString());
    }

    [Fact]
    public async Task Users_roles_let_nobody_read_pods_or_secrets()
    {
        var roles = (await Release.RenderAsync()).Of("ClusterRole")
            .Where(
                role => role["metadata"]!["labels"]!.AsObject().Any(label => label.Key.Contains("aggregate-to", StringComparison.Ordinal)))
                    .ToList();

        Assert.Equal(2, roles.Count);
        Assert.All(roles.SelectMany(role => role["rules"]!.AsArray()),
            rule => Assert.Equal("""["training.mhc.dev"]""", rule!["apiGroups"]!.ToJsonString()));
    }

    [Theory]
    [InlineData("", "mhc-mhc-operator-webhook", false)]
    [InlineData("certificates: {certManager: {enabled: true}}", "mhc-mhc-operator-webhook-tls", true)]
    [InlineData("certificates: {existingSecret: ours, caBundle: AAAA}", "ours", true)]
    public async Task A_certificate_is_mounted_where_somebody_else_makes_it(string values, string secret, bool mounted)
    {
        var release = await Release.RenderAsync(values);
        var volumes = release.Of("Deployment").Single()["spec"]!["template"]!["spec"]!["volumes"]!.AsArray();

        Assert.Equal(mounted ? [secret] : [], volumes.Select(v => (string?)v!["secret"]?["secretName"]).OfType<string>());
        Assert.Equal(mounted, release.Arguments.Contains("--webhook-cert-dir=/certificates"));
        Assert.Equal(!mounted, release.Of("Role").Any(role => role.ToJsonString().Contains("\"secrets\"", StringComparison.Ordinal)));
    }

    private static string Text(string file) => File.ReadAllText(Repository.PathOf(file));
}
