namespace MhcOperator.Testing.Kubernetes;

/// <summary>Where etcd and kube-apiserver are: KUBEBUILDER_ASSETS, or the cache that <c>eng/cluster.sh fetch</c> fills.</summary>
public sealed record ServerBinaries(string Etcd, string ApiServer)
{
    /// <summary>The client of the same build.</summary>
    public string Kubectl => Path.Combine(Path.GetDirectoryName(ApiServer)!, "kubectl");

    /// <exception cref="FileNotFoundException">They are not there; the message says what to do.</exception>
    public static ServerBinaries Find()
    {
        if (Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS") is { Length: > 0 } assets)
        {
            return Check(new ServerBinaries(Path.Combine(assets, "etcd"), Path.Combine(assets, "kube-apiserver")),
                $"KUBEBUILDER_ASSETS is {assets}");
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var cache = Environment.GetEnvironmentVariable("K8S_CACHE") ?? Path.Combine(home, ".cache", "mhc-operator", "cluster");
        return Check(new ServerBinaries(Path.Combine(cache, "root/usr/bin/etcd"), Path.Combine(cache, "bin/kube-apiserver")),
            "run eng/cluster.sh fetch, or set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver");
    }

    private static ServerBinaries Check(ServerBinaries found, string hint) =>
        File.Exists(found.Etcd) && File.Exists(found.ApiServer) ? found
            : throw new FileNotFoundException($"{found.Etcd} and {found.ApiServer} are needed: {hint}");
}
