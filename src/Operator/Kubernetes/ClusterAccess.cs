using k8s;
using k8s.Exceptions;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Finds the cluster and opens connections to it.</summary>
internal sealed class ClusterAccess
{
    private const string NamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

    private readonly KubernetesClientConfiguration configuration;

    private ClusterAccess(KubernetesClientConfiguration configuration, string source)
    {
        this.configuration = configuration;
        Source = source;
    }

    /// <summary>Where the credentials come from, for people.</summary>
    public string Source { get; }

    /// <summary>Address of the server.</summary>
    public string Server => configuration.Host;

    /// <summary>The operator's own namespace; null outside a pod.</summary>
    public static string? OwnNamespace => File.Exists(NamespaceFile) ? File.ReadAllText(NamespaceFile).Trim() : null;

    /// <summary>Looks in the given file, KUBECONFIG, the pod's account and ~/.kube/config, and takes the first that is there.</summary>
    /// <param name="kubeconfig">File; null: none given.</param>
    /// <param name="identity">Name of this process, for the server's logs.</param>
    /// <exception cref="OperatorStartException">Nothing is there, or what is there can't be used.</exception>
    public static ClusterAccess Find(string? kubeconfig, string identity)
    {
        var variable = Environment.GetEnvironmentVariable("KUBECONFIG");
        var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        var file = kubeconfig ?? (string.IsNullOrEmpty(variable) ? null : variable);
        try
        {
            if (file is null && KubernetesClientConfiguration.IsInCluster())
            {
                return new ClusterAccess(Prepare(KubernetesClientConfiguration.InClusterConfig(), identity), "the pod's service account");
            }

            file ??= File.Exists(home) ? home : throw new OperatorStartException("no cluster is given: use --kubeconfig FILE or KUBECONFIG, or run in a pod with a service account");
            return File.Exists(file)
                ? new ClusterAccess(Prepare(KubernetesClientConfiguration.BuildConfigFromConfigFile(file), identity), file)
                : throw new OperatorStartException($"{file}: no such file; it was given by {(kubeconfig is null ? "KUBECONFIG" : "--kubeconfig")}");
        }
        catch (Exception e) when (e is KubeConfigException or YamlDotNet.Core.YamlException or IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new OperatorStartException($"{file ?? "the pod's service account"}: {e.Message}", e);
        }
    }

    /// <summary>Opens a connection of its own; the lease and the rest use different ones, so that neither waits for the other's broken one.</summary>
    /// <param name="time">Clock.</param>
    /// <param name="metrics">Counts requests.</param>
    /// <param name="fence">Asked before each write; null: none.</param>
    public (ApiConnection Connection, IDisposable Client) Open(TimeProvider time, RuntimeMetrics metrics, WriteFence? fence)
    {
        var client = new k8s.Kubernetes(configuration);
        Func<HttpRequestMessage, CancellationToken, Task>? authenticate = client.Credentials is { } credentials ? credentials.ProcessHttpRequestAsync : null;
        return (new ApiConnection(client.HttpClient, client.BaseUri, authenticate, time, metrics, fence), client);
    }

    private static KubernetesClientConfiguration Prepare(KubernetesClientConfiguration configuration, string identity)
    {
        configuration.UserAgent = $"mhc-operator/{identity}";
        configuration.HttpClientTimeout = Timeout.InfiniteTimeSpan; // ApiConnection has its own, which know of the lease
        configuration.FirstMessageHandlerSetup = handler =>
        {
            // A peer that vanished without a word is noticed by missing pings, long before a watch runs out.
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(5);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            handler.ConnectTimeout = TimeSpan.FromSeconds(5);
            handler.EnableMultipleHttp2Connections = true;
        };
        return configuration;
    }
}
