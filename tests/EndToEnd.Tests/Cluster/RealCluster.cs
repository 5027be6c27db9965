using System.Globalization;

namespace EndToEnd.Tests.Cluster;

/// <summary>
/// A real cluster in which Helm has installed the chart with the images of this repository, shared by all tests. <c>KUBECONFIG_E2E</c>
/// names it (eng/test.sh brings one up, with the images); <c>MHC_E2E_VALUES</c> is a file with further values, for a cluster of one's own;
/// <c>MHC_E2E_SKIP</c> says why there can be none, and the tests are skipped with that.
/// </summary>
public sealed class RealCluster : IAsyncLifetime
{
    private readonly string? _kubeconfig = Environment.GetEnvironmentVariable("KUBECONFIG_E2E");
    private readonly string? _lacking = Environment.GetEnvironmentVariable("MHC_E2E_SKIP");
    private int _namespaces;

    /// <summary>Why there is no cluster; null: there is one.</summary>
    internal string? Lacking => _lacking;

    internal Kubectl Kubectl => new(Kubeconfig);

    internal OperatorRelease Helm => new(Kubeconfig);

    internal OperatorRelease HelmOf(string version) => new(Kubeconfig, version);

    private string Kubeconfig =>
        _kubeconfig ?? throw new InvalidOperationException("KUBECONFIG_E2E is not set: run make test, or name a cluster in it");

    /// <summary>Installs the operator for all namespaces.</summary>
    public async ValueTask InitializeAsync()
    {
        if (_lacking is null)
        {
            await Helm.InstallAsync();
        }
    }

    /// <summary>Keeps what the operators have logged.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_lacking is null)
        {
            await Helm.KeepLogsAsync();
        }
    }

    /// <summary>A fresh namespace in which pods can be made.</summary>
    internal async Task<TestNamespace> MakeNamespaceAsync()
    {
        Assert.SkipWhen(_lacking is not null, _lacking ?? "");
        var name = string.Create(CultureInfo.InvariantCulture, $"e2e-{Environment.ProcessId}-{Interlocked.Increment(ref _namespaces)}");
        await Kubectl.RunAsync(["create", "namespace", name]);
        // Pods are refused until the namespace's account has its token.
        await Eventually.SeesAsync(
            "the namespace's service account",
            () => Kubectl.GetAsync("serviceaccount", "default", "--namespace", name),
            account => account?["secrets"]?.AsArray().Count > 0);
        return new TestNamespace(Kubectl, name);
    }

    /// <summary>Tests that uninstall the release, which is everybody's: nothing else runs meanwhile.</summary>
    [CollectionDefinition(nameof(Alone), DisableParallelization = true)]
    public sealed class Alone;
}
