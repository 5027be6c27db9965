using EndToEnd.Tests.Cluster;
using MhcOperator.Testing.Programs;

namespace EndToEnd.Tests;

/// <summary>What becomes of jobs while the release changes.</summary>
[Collection(nameof(RealCluster.Alone))]
public sealed class InstallTests(RealCluster cluster)
{
    /// <summary>All kinds that the chart makes but the definition.</summary>
    private const string Kinds =
        "deployments,pods,services,endpoints,secrets,serviceaccounts,roles,rolebindings,leases,poddisruptionbudgets,configmaps," +
        "clusterroles,clusterrolebindings,validatingwebhookconfigurations,mutatingwebhookconfigurations";

    /// <summary>What another release left behind, or kubectl has made, is this one's from now on.</summary>
    private static readonly string[] TakeOver = ["--take-ownership", "--force-conflicts"];

    [Fact]
    public async Task Helm_test_finds_nothing_wrong()
    {
        Assert.SkipWhen(cluster.Lacking is not null, cluster.Lacking ?? "");
        try
        {
            await cluster.Helm.RunAsync(["test", OperatorRelease.Name, "--namespace", OperatorRelease.Namespace, "--timeout", "6m"]);
        }
        catch (KubectlException e)
        {
            Assert.Fail(
                $"{e.Message}\n{await cluster.Kubectl.RunAsync(["logs", "mhc-operator-check", "--namespace", OperatorRelease.Namespace])}");
        }
    }

    [Fact]
    public async Task A_job_runs_on_through_upgrade_rollback_uninstall_and_a_new_release_that_takes_over()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(Waiting("lasting"));
        await space.JobAsync("lasting", "the gang to run", job => job.IsTrue("Running"));
        var pods = await IdentitiesAsync(space);

        await cluster.Helm.InstallAsync("--set", "workers=3");
        Assert.Contains("--workers=3", await ArgumentsAsync(OperatorRelease.Name, OperatorRelease.Namespace), StringComparison.Ordinal);
        await cluster.Helm.RunAsync(
            ["rollback", OperatorRelease.Name, "--namespace", OperatorRelease.Namespace, "--wait", "--timeout", "6m"]);
        Assert.Contains("--workers=8", await ArgumentsAsync(OperatorRelease.Name, OperatorRelease.Namespace), StringComparison.Ordinal);
        Assert.Equal(pods, await IdentitiesAsync(space));

        await cluster.Helm.UninstallAsync();
        await Eventually.SeesAsync("all of the release to go", () => LeftAsync(OperatorRelease.Name, OperatorRelease.Namespace),
            left => left.Count == 0);
        Assert.Equal(pods, await IdentitiesAsync(space));
        Assert.NotNull(await cluster.Kubectl.GetAsync("crd", "mhctrainingjobs.training.mhc.dev"));

        await cluster.Helm.InstallAsAsync("successor", "mhc-successor", TakeOver);
        await EndAsync(space, "lasting");
        var done = await space.JobAsync("lasting", "the job to end", job => job.HasSucceeded);
        Assert.Equal((1, 0), (done.Attempt, done.Restarts));

        await cluster.Helm.UninstallAsync("successor", "mhc-successor");
        await cluster.Helm.InstallAsync(TakeOver);
    }

    [Fact]
    public async Task Two_releases_with_rights_in_their_namespaces_alone_serve_the_jobs_of_their_own()
    {
        await using var one = await cluster.MakeNamespaceAsync();
        await using var two = await cluster.MakeNamespaceAsync();
        await using var neither = await cluster.MakeNamespaceAsync();
        await cluster.Helm.UninstallAsync();
        await Task.WhenAll(InstallForAsync("team-one", one), InstallForAsync("team-two", two));
        foreach (var space in (TestNamespace[])[one, two, neither])
        {
            await space.ApplyAsync(SmallJob.Script("short", "exit 0"));
        }

        await one.JobAsync("short", "the job to end", job => job.HasSucceeded);
        await two.JobAsync("short", "the job to end", job => job.HasSucceeded);
        Assert.Empty(await neither.PodsAsync("short"));
        foreach (var team in (string[])["team-one", "team-two"])
        {
            Assert.Empty(
                await cluster.Kubectl.ListAsync("clusterroles,clusterrolebindings", "--selector", $"app.kubernetes.io/instance={team}"));
            await cluster.Helm.UninstallAsync(team, team);
        }

        await cluster.Helm.InstallAsync();
    }

    [Fact]
    public async Task Kubectl_alone_installs_what_runs_a_job_and_Helm_takes_that_over()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        Assert.SkipWhen(OperatorRelease.HasFurtherValues, "deploy/ names images without a registry");
        await cluster.Helm.UninstallAsync();

        await cluster.Kubectl.RunAsync(
            ["apply", "-f", Repository.PathOf("deploy/namespace.yaml"), "-f", Repository.PathOf("deploy/older/mhc-operator.yaml")]);
        await cluster.Kubectl.RunAsync(
            ["rollout", "status", $"deployment/{OperatorRelease.Name}", "--namespace", OperatorRelease.Namespace]);
        await space.ApplyAsync(SmallJob.Script("short", "exit 0"));
        await space.JobAsync("short", "the job to end", job => job.HasSucceeded);

        await cluster.Helm.InstallAsync(TakeOver);
    }

    [Fact]
    public async Task Older_Helms_install_what_runs_a_job_and_uninstall_it()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        await cluster.Helm.UninstallAsync();
        foreach (var helm in Helm.Versions.Skip(1))
        {
            var job = $"by-helm-{helm.Replace('.', '-')}";
            await cluster.HelmOf(helm).InstallAsync();
            await space.ApplyAsync(SmallJob.Script(job, "exit 0"));
            await space.JobAsync(job, "the job to end", seen => seen.HasSucceeded);
            await cluster.HelmOf(helm).UninstallAsync();
        }

        await cluster.Helm.InstallAsync(TakeOver);
    }

    private async Task InstallForAsync(string team, TestNamespace space) => await cluster.Helm.InstallAsAsync(
        team, team, "--set", $"watchNamespaces={{{space.Name}}},crds.install=false,webhooks.enabled=false,metrics.secure=false");

    /// <summary>A job whose trainers wait until they are told to end.</summary>
    private static string Waiting(string name) => SmallJob.Script(name, "until [ -e /tmp/end ]; do sleep 1; done");

    private static async Task EndAsync(TestNamespace space, string job)
    {
        foreach (var pod in await space.PodsAsync(job))
        {
            await space.Kubectl.RunAsync(["exec", pod.Name, "--namespace", space.Name, "--", "sh", "-c", ": > /tmp/end"]);
        }
    }

    private static async Task<IEnumerable<string>> IdentitiesAsync(TestNamespace space) =>
        [.. (await space.PodsAsync("lasting")).Select(pod => $"{pod.Name} {pod.Uid} {pod.Phase} {pod.ContainerRestarts}")
            .Order(StringComparer.Ordinal)];

    private async Task<string> ArgumentsAsync(string deployment, string ns) =>
        (await cluster.Kubectl.GetAsync("deployment", deployment, "--namespace",
            ns))!["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!.ToJsonString();

    /// <summary>What is still there of a release, or, whatever its labels, in its namespace.</summary>
    private async Task<IReadOnlyList<string>> LeftAsync(string release, string ns)
    {
        var labelled = await cluster.Kubectl.ListAsync(Kinds, "--all-namespaces", "--selector", $"app.kubernetes.io/instance={release}");
        var named = await cluster.Kubectl.ListAsync("secrets,leases,endpoints", "--namespace", ns);
        return [.. labelled.Concat(named).Select(left => $"{left["kind"]} {left["metadata"]!["name"]}")
            .Where(left => !left.Contains("default-token", StringComparison.Ordinal))];
    }
}
