using System.Globalization;

namespace EndToEnd.Tests.Cluster;

/// <summary>
/// A real cluster with the CRD applied and the operator running against it, shared by all tests. <c>KUBECONFIG_E2E</c> names it (eng/test.sh
/// brings one up); <c>MHC_E2E_SKIP</c> says why there can be none, and the tests are skipped with that.
/// </summary>
public sealed class RealCluster : IAsyncLifetime
{
    private readonly string? kubeconfig = Environment.GetEnvironmentVariable("KUBECONFIG_E2E");
    private readonly string? lacking = Environment.GetEnvironmentVariable("MHC_E2E_SKIP");
    private OperatorProcess? controller;
    private int namespaces;

    internal Kubectl Kubectl => new(kubeconfig ?? throw new InvalidOperationException("KUBECONFIG_E2E is not set: run make test, or name a cluster in it"));

    /// <summary>Applies the CRD and starts the operator.</summary>
    public async ValueTask InitializeAsync()
    {
        if (lacking is not null)
        {
            return;
        }

        // The CEL rules in the definition are unknown to a 1.20 server: it drops them, but kubectl would refuse them first.
        await Kubectl.RunAsync(["apply", "-f", Repository.PathOf("crds")]);
        await Kubectl.RunAsync(["wait", "--for=condition=Established", "crd/mhctrainingjobs.training.mhc.dev", "--timeout=300s"]);
        controller = OperatorProcess.Start(kubeconfig!);
    }

    /// <summary>Ends the operator.</summary>
    public async ValueTask DisposeAsync()
    {
        if (controller is not null)
        {
            await controller.DisposeAsync();
        }
    }

    /// <summary>A fresh namespace in which pods can be made.</summary>
    internal async Task<TestNamespace> MakeNamespaceAsync()
    {
        Assert.SkipWhen(lacking is not null, lacking ?? "");
        Assert.True(controller!.IsRunning, "the operator has ended; see EndToEnd.operator.log");
        var name = string.Create(CultureInfo.InvariantCulture, $"e2e-{Environment.ProcessId}-{Interlocked.Increment(ref namespaces)}");
        await Kubectl.RunAsync(["create", "namespace", name]);
        // Pods are refused until the namespace's account has its token.
        await Eventually.SeesAsync(
            "the namespace's service account",
            () => Kubectl.GetAsync("serviceaccount", "default", "--namespace", name),
            account => account?["secrets"]?.AsArray().Count > 0);
        return new TestNamespace(Kubectl, name);
    }
}
