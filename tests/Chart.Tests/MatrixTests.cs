using System.Text.Json.Nodes;
using Chart.Tests.Support;
using MhcOperator.Testing.Programs;

namespace Chart.Tests;

/// <summary>What holds for every object, with whatever values, on every server, by every Helm.</summary>
public sealed class MatrixTests
{
    private static readonly string[] Clusterwide =
        ["CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];

    private static readonly string[] Labels =
        ["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/version", "app.kubernetes.io/managed-by",
        "helm.sh/chart"];

    /// <summary>Sets of values, each of which turns another part of the chart on or off.</summary>
    internal static readonly Dictionary<string, string> Values = new(StringComparer.Ordinal)
    {
        ["defaults"] = "",
        ["least"] = """
            replicas: 1
            podDisruptionBudget: {enabled: false}
            leaderElection: {enabled: false}
            crds: {install: false}
            webhooks: {enabled: false}
            metrics: {enabled: false, secure: false}
            rbac: {create: false}
            serviceAccount: {create: false}
            nodeSelector: null
            resources: null
            """,
        ["most"] = """
            global: {imageRegistry: registry.example.com, imagePullSecrets: [{name: pull}]}
            nameOverride: operator
            commonLabels: {team: research}
            commonAnnotations: {contact: research}
            replicas: 3
            image: {tag: v1, digest: "sha256:0123456789012345678901234567890123456789012345678901234567890123"}
            imagePullSecrets: [more]
            trainer: {image: {registry: "localhost:5000/mirror", tag: v2}, imagePullSecrets: [a, b]}
            webhooks: {annotations: {a: b}, namespaceSelector: {matchLabels: {mhc: "on"}}}
            kubeApi: {qps: 1000000, burst: 1000000}
            pollIntervalSeconds: 0.5
            allowPrivilegedTemplates: true
            forbidSecretsInTemplates: true
            allowSecretsInTemplates: [a, b.c]
            stackDumps: true
            rehearsal: false
            bindAddress: "::"
            metrics: {authorization: false, service: {labels: {a: b}, annotations: {c: d}}}
            serviceAccount: {annotations: {role: x}}
            networkPolicy: {enabled: true, egress: true, jobs: true, namespaceLabels: {a: b}, apiServers: [10.0.0.0/24, "fd00::/8"]}
            podSecurityContext: {runAsUser: null}
            tolerations: [{operator: Exists}]
            affinity: {nodeAffinity: {}}
            topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
            priorityClassName: high
            podLabels: {p: l}
            podAnnotations: {p: a}
            extraArgs: [--log-level=Debug]
            extraEnv: [{name: A, value: b}]
            extraVolumes: [{name: more, emptyDir: {}}]
            extraVolumeMounts: [{name: more, mountPath: /more}]
            extraObjects:
            - apiVersion: v1
              kind: ConfigMap
              metadata: {name: '{{ include "mhc-operator.fullname" . }}-more', namespace: '{{ .Release.Namespace }}', labels: {app.kubernetes.io/name: x, app.kubernetes.io/instance: x, app.kubernetes.io/version: x, app.kubernetes.io/managed-by: x, helm.sh/chart: x}}
            """,
        ["two namespaces"] = """
            watchNamespaces: [one, two]
            webhooks: {enabled: false}
            stackDumps: true
            """,
        ["cert-manager"] = "certificates: {certManager: {enabled: true}}",
        ["an issuer"] = "certificates: {certManager: {enabled: true, issuerRef: {name: ours, kind: ClusterIssuer, group: cert-manager.io}}}",
        ["a Secret"] = "certificates: {existingSecret: ours, caBundle: AAAA}",
        ["open metrics"] = "metrics: {secure: false}",
        ["metrics without webhooks"] = "webhooks: {enabled: false}",
    };

    /// <summary>The newest Helm on all servers that change something, the others on the oldest and the newest.</summary>
    public static TheoryData<string, string, string> Cases() => new(
        from values in Values.Keys
        from helm in Helm.Versions
        from server in helm == Helm.Newest ? (string[])["1.20.2", "1.21.0", "1.24.17", "1.25.0", "1.27.0-eks-1234567", "1.35.0"]
        : ["1.20.2", "1.35.0"]
        select (values, server, helm));

    [Theory, MemberData(nameof(Cases))]
    public async Task Every_object_has_its_namespace_and_the_releases_name_and_labels(string values, string server, string helm)
    {
        var release = await Release.RenderAsync(Values[values], server, helm);

        Assert.All(release.Objects, made =>
        {
            var kind = (string)made["kind"]!;
            var ns = (string?)made["metadata"]!["namespace"];
            Assert.True(Clusterwide.Contains(kind, StringComparer.Ordinal) ? ns is null : ns is Release.Namespace or "one" or "two",
                $"{kind} is in {ns ?? "no namespace"}");
            Assert.True(kind == "CustomResourceDefinition" || Release.NameOf(made).StartsWith("mhc", StringComparison.Ordinal),
                Release.NameOf(made));
            var labels = made["metadata"]!["labels"]!.AsObject();
            Assert.All(Labels, label => Assert.True(labels.ContainsKey(label), $"{kind} {Release.NameOf(made)} has no label {label}"));
        });
        Assert.Equal(release.Objects.Count,
            release.Objects.Select(o => ((string)o["kind"]!, Release.NameOf(o), (string?)o["metadata"]!["namespace"])).Distinct().Count());
        Assert.DoesNotContain("<no value>", release.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("%!s(", release.Text, StringComparison.Ordinal);
        Assert.Equal(values == "a Secret" ? 2 : 0,
            release.Objects.Sum(o => o["webhooks"]?.AsArray().Count(w => w!["clientConfig"]!.AsObject().ContainsKey("caBundle")) ?? 0));
    }

    [Theory]
    [InlineData("1.20.2", "policy/v1beta1", false)]
    [InlineData("1.24.17", "policy/v1", false)]
    [InlineData("1.25.0-gke.100", "policy/v1", true)]
    [InlineData("1.35.0", "policy/v1", true)]
    public async Task A_server_gets_the_definition_and_the_budget_that_it_knows(string server, string policy, bool cel)
    {
        var release = await Release.RenderAsync("", server);

        Assert.Equal(policy, (string?)release.Of("PodDisruptionBudget").Single()["apiVersion"]);
        Assert.Equal(
            cel, release.Of("CustomResourceDefinition").Single().ToJsonString().Contains("x-kubernetes-validations",
                StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_Helms_make_the_same_of_the_same()
    {
        var releases = await Task.WhenAll(Helm.Versions.Select(version => Release.RenderAsync(Values["most"], "1.30.0", version)));

        Assert.All(releases, release => Assert.Equal(
            releases[0].Objects.Select(o => o.ToJsonString()).Order(StringComparer.Ordinal),
            release.Objects.Select(o => o.ToJsonString()).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Two_releases_share_no_object_and_no_pod()
    {
        var one = await Release.RenderAsync("crds: {install: false}", name: "one");
        var two = await Release.RenderAsync("crds: {install: false}", name: "two");

        Assert.Empty(one.Objects.Select(Name).Intersect(two.Objects.Select(Name)));
        Assert.NotEqual(Selector(one), Selector(two));
        Assert.NotEqual(one.Arguments.Single(a => a.StartsWith("--lease-name=", StringComparison.Ordinal)),
            two.Arguments.Single(a => a.StartsWith("--lease-name=", StringComparison.Ordinal)));

        static (string, string) Name(JsonObject made) => ((string)made["kind"]!, Release.NameOf(made));
        static string Selector(Release release) => release.Of("Deployment").Single()["spec"]!["selector"]!.ToJsonString();
    }
}
