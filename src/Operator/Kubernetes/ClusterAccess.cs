using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.Exceptions;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Finds the cluster and opens connections to it.</summary>
internal sealed class ClusterAccess
{
    private const string NamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
    private const string TokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";

    private readonly KubernetesClientConfiguration _configuration;
    private readonly string _userAgent;

    private ClusterAccess(KubernetesClientConfiguration configuration, string source, string identity)
    {
        _configuration = configuration;
        Source = source;
        _userAgent = $"mhc-operator/{identity}";
    }

    /// <summary>Where the credentials come from, for people.</summary>
    public string Source { get; }

    /// <summary>Address of the server.</summary>
    public string Server => _configuration.Host;

    /// <summary>The operator's own namespace; null outside a pod.</summary>
    public static string? OwnNamespace => File.Exists(NamespaceFile) ? File.ReadAllText(NamespaceFile).Trim() : null;

    /// <summary>The namespace of what the operator keeps for itself, its lease and its certificate.</summary>
    /// <param name="given">By its command line; null: the pod's own.</param>
    public static string HomeNamespace(string? given) => given ?? OwnNamespace ?? "default";

    /// <summary>Whom the server takes the operator for; null where that is no service account.</summary>
    private OwnAccount? Account =>
        OwnAccount.Read(_configuration.TokenProvider is null ? _configuration.AccessToken : File.ReadAllText(TokenFile));

    /// <summary>
    /// The owner of what the operator makes for itself in a namespace: its account, which goes with an installation. Null: that is
    /// elsewhere.
    /// </summary>
    public OwnAccount? OwnerIn(string ns) => Account is { } account && account.Namespace == ns ? account : null;

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
                return new ClusterAccess(KubernetesClientConfiguration.InClusterConfig(), "the pod's service account", identity);
            }

            file ??= File.Exists(home) ? home
                : throw new OperatorStartException(
                    "no cluster is given: use --kubeconfig FILE or KUBECONFIG, or run in a pod with a service account");
            return File.Exists(file)
                ? new ClusterAccess(Read(file), file, identity)
                : throw new OperatorStartException(
                    $"{file}: no such file; it was given by {(kubeconfig is null ? "KUBECONFIG" : "--kubeconfig")}");
        }
        catch (Exception e) when (e is KubeConfigException or YamlDotNet.Core.YamlException or IOException or UnauthorizedAccessException
            or CryptographicException or FormatException)
        {
            throw new OperatorStartException($"{file ?? "the pod's service account"}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Reads a kubeconfig. Of its authority's certificates the library takes the first alone; while an authority is replaced there are two.
    /// </summary>
    private static KubernetesClientConfiguration Read(string file)
    {
        var read = KubernetesClientConfiguration.BuildConfigFromConfigFile(file);
        var config = KubernetesClientConfiguration.LoadKubeConfig(file);
        var cluster = (config.Contexts ?? []).FirstOrDefault(context => context.Name == config.CurrentContext)?.ContextDetails?.Cluster;
        var endpoint = (config.Clusters ?? []).FirstOrDefault(known => known.Name == cluster)?.ClusterEndpoint;
        var path = endpoint?.CertificateAuthority is { Length: > 0 } named
            ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, named) : null;
        var all = new X509Certificate2Collection();
        all.ImportFromPem(Pem(endpoint?.CertificateAuthorityData, path));
        if (all.Count > 1)
        {
            read.SslCaCerts = all;
        }

        return read;
    }

    /// <summary>
    /// Opens a connection of its own; the lease and the rest use different ones, so that neither waits for the other's
    /// broken one. The client library's own class is not used for it: it costs a second of start-up and 30 MiB.
    /// </summary>
    /// <param name="time">Clock.</param>
    /// <param name="metrics">Counts requests.</param>
    /// <param name="fence">Asked before each write; null: none.</param>
    /// <param name="rate">Waited for before each request; null: none.</param>
    /// <exception cref="OperatorStartException">The client certificate can't be used.</exception>
    public (ApiConnection Connection, IDisposable Client) Open(TimeProvider time, RuntimeMetrics metrics, WriteFence? fence,
        RequestRate? rate = null)
    {
        // ApiConnection has its own limits, which know of the lease
        var client = new HttpClient(NewHandler(), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd(_userAgent);
        return (new ApiConnection(client, new Uri(_configuration.Host.TrimEnd('/') + "/"), PrepareAsync, time, metrics, fence, rate),
            client);
    }

    /// <summary>Adds this process' credentials to a request.</summary>
    public async Task AuthenticateAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        if (_configuration.TokenProvider is { } tokens)
        {
            // it reads the file again when the token changes
            request.Headers.Authorization = await tokens.GetAuthenticationHeaderAsync(cancel);
        }
        else if (!string.IsNullOrEmpty(_configuration.AccessToken))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _configuration.AccessToken);
        }
        else if (!string.IsNullOrEmpty(_configuration.Username))
        {
            request.Headers.Authorization =
                new AuthenticationHeaderValue("Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_configuration.Username}:{_configuration.Password}")));
        }
    }

    private Task PrepareAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        // by which .NET checks the certificate
        request.Headers.Host = string.IsNullOrEmpty(_configuration.TlsServerName) ? null : _configuration.TlsServerName;
        return AuthenticateAsync(request, cancel);
    }

    private SocketsHttpHandler NewHandler()
    {
        var handler = new SocketsHttpHandler
        {
            // A peer that vanished without a word is noticed by missing pings, long before a watch runs out.
            KeepAlivePingDelay = TimeSpan.FromSeconds(5),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            EnableMultipleHttp2Connections = true,
            UseCookies = false,
        };
        if (ClientCertificate() is { } certificate)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        if (_configuration.SkipTlsVerify)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => _configuration.SkipTlsVerify;
        }
        else if (_configuration.SslCaCerts is { } authorities)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck
            };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return handler;
    }

    private X509Certificate2? ClientCertificate()
    {
        var certificate = Pem(_configuration.ClientCertificateData, _configuration.ClientCertificateFilePath);
        var key = Pem(_configuration.ClientCertificateKeyData, _configuration.ClientKeyFilePath);
        try
        {
            return certificate is null || key is null ? null : X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new OperatorStartException($"{Source}: the client certificate or its key can't be used: {e.Message}", e);
        }
    }

    private static string? Pem(string? base64, string? file) =>
        !string.IsNullOrEmpty(base64) ? Encoding.UTF8.GetString(Convert.FromBase64String(base64))
        : !string.IsNullOrEmpty(file) ? File.ReadAllText(file)
        : null;
}
