using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MhcOperator.Testing.Programs;

namespace MhcOperator.Testing.Kubernetes;

/// <summary>
/// A real etcd and kube-apiserver on loopback, without controllers, scheduler or kubelets: the tests play those.
/// Everything is in one temporary folder and ends with this object.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    /// <summary>Its administrator's.</summary>
    public const string AdminToken = "admin-of-the-tests";

    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-apiserver-").FullName;
    private readonly ServerBinaries _binaries = ServerBinaries.Find();
    private readonly int _port;
    private readonly Daemon _etcd;
    private readonly IReadOnlyList<string> _further;
    private Daemon? _server;

    private ApiServer(IReadOnlyList<string> further)
    {
        _further = further;
        var ports = FreePort.Take(3);
        _port = ports[0];
        EtcdAddress = Http(ports[1]);
        var peers = Http(ports[2]);
        _etcd = Daemon.Start(
            _binaries.Etcd,
            ["--data-dir", Path.Combine(_folder, "etcd"), "--listen-client-urls", EtcdAddress, "--advertise-client-urls", EtcdAddress,
             "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", $"default={peers}",
             "--unsafe-no-fsync"],
            Path.Combine(_folder, "etcd.log"));
        WriteFiles();
        Admin = new TestApi(new Uri($"https://127.0.0.1:{_port}/"), AdminToken);
        Audit = new AuditLog(Path.Combine(_folder, "audit.log"));
    }

    /// <summary>Its administrator.</summary>
    public TestApi Admin { get; }

    /// <summary>What everybody did.</summary>
    public AuditLog Audit { get; }

    public int Port => _port;

    public string EtcdAddress { get; }

    /// <summary>Its authority's certificate, which it has made itself, as PEM. The server's own is for 127.0.0.1.</summary>
    public string Authority
    {
        get
        {
            var both = File.ReadAllText(Path.Combine(_folder, "certificates", "apiserver.crt"));
            return both[both.LastIndexOf("-----BEGIN", StringComparison.Ordinal)..];
        }
    }

    /// <summary>Starts both and waits until the server is ready.</summary>
    /// <param name="installCrd">Whether jobs are served.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <param name="arguments">Further arguments of kube-apiserver.</param>
    public static async Task<ApiServer> StartAsync(bool installCrd, CancellationToken cancel, params IEnumerable<string> arguments)
    {
        var started = new ApiServer([.. arguments]);
        try
        {
            await started.StartServerAsync(cancel);
            if (installCrd)
            {
                await started.InstallCrdAsync(cancel);
            }

            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the server as a power failure does; etcd keeps its data.</summary>
    public void KillServer()
    {
        _server?.Dispose();
        _server = null;
    }

    /// <summary>Makes etcd forget everything but the newest state.</summary>
    public async Task CompactAsync(CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = new Uri(EtcdAddress) };
        using var anyKey = new StringContent("""{"key":"AA==","count_only":true}""");
        using var range = await http.PostAsync("v3/kv/range", anyKey, cancel);
        var revision = (string?)JsonNode.Parse(await range.Content.ReadAsStringAsync(cancel))!["header"]!["revision"];
        using var upTo = new StringContent($$"""{"revision":"{{revision}}","physical":true}""");
        using var compaction = await http.PostAsync("v3/kv/compaction", upTo, cancel);
        Assert.True(compaction.IsSuccessStatusCode, await compaction.Content.ReadAsStringAsync(cancel));
    }

    public async Task StartServerAsync(CancellationToken cancel)
    {
        _server = Daemon.Start(_binaries.ApiServer, Arguments(), Path.Combine(_folder, "apiserver.log"));
        await Eventually.HoldsAsync(
            async () => !_server.HasExited ? await Admin.IsReadyAsync(cancel)
                : throw new InvalidOperationException($"kube-apiserver has ended: {_server.Log}"),
            "the API server is ready", cancel);
    }

    public async Task InstallCrdAsync(CancellationToken cancel)
    {
        foreach (var file in Directory.GetFiles(Repository.PathOf("crds"), "*.yaml"))
        {
            await Admin.CreateYamlAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions", await File.ReadAllTextAsync(file, cancel),
                cancel);
        }

        await Eventually.HoldsAsync(() => Admin.ExistsAsync("apis/training.mhc.dev/v1alpha1/mhctrainingjobs", cancel), "jobs are served",
            cancel);
    }

    /// <summary>Writes a kubeconfig and returns its path.</summary>
    /// <param name="token">Whose; null: the administrator's.</param>
    /// <param name="through">Port to connect to; null: the server's own.</param>
    /// <param name="address">Whole address to connect to; null: that port on loopback.</param>
    public string Kubeconfig(string? token = null, int? through = null, string? address = null)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():n}.kubeconfig");
        File.WriteAllText(file, $$"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters:
            - name: test
              cluster: {server: "{{address ?? $"https://127.0.0.1:{through ?? _port}"}}", insecure-skip-tls-verify: true}
            contexts:
            - name: test
              context: {cluster: test, user: test}
            users:
            - name: test
              user: {token: "{{token ?? AdminToken}}"}

            """);
        return file;
    }

    public string NewLogFile(string name) => Path.Combine(_folder, $"{name}-{Guid.NewGuid().ToString("n")[..8]}.log");

    public ValueTask DisposeAsync()
    {
        KillServer();
        _etcd.Dispose();
        Admin.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private string[] Arguments() =>
    [
        "--etcd-servers", EtcdAddress, "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port",
        _port.ToString(CultureInfo.InvariantCulture),
        "--cert-dir", Path.Combine(_folder, "certificates"), "--service-cluster-ip-range", "10.96.0.0/16",
        "--endpoint-reconciler-type", "none",
        "--authorization-mode", "RBAC", "--token-auth-file", Path.Combine(_folder, "tokens.csv"),
        "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", Path.Combine(_folder, "accounts.pub"),
        "--service-account-signing-key-file", Path.Combine(_folder, "accounts.key"),
        "--disable-admission-plugins", "ServiceAccount", // nobody makes the default accounts here
        // What no test needs takes half of the time to start. kubectl 1.20 asks for definitions of v1beta1 where the newest is not
        // published yet.
        "--enable-priority-and-fairness=false", "--runtime-config", "api/beta=false,policy/v1beta1=true,apiextensions.k8s.io/v1beta1=true",
        "--audit-policy-file", Path.Combine(_folder, "audit-policy.yaml"), "--audit-log-path", Path.Combine(_folder, "audit.log"),
        "--audit-log-mode", "blocking",
        .. _further,
    ];

    private void WriteFiles()
    {
        using var key = RSA.Create(2048);
        File.WriteAllText(Path.Combine(_folder, "accounts.key"), key.ExportRSAPrivateKeyPem());
        File.WriteAllText(Path.Combine(_folder, "accounts.pub"), key.ExportSubjectPublicKeyInfoPem());
        File.WriteAllText(Path.Combine(_folder, "tokens.csv"), $"{AdminToken},admin,admin,system:masters\n");
        File.WriteAllText(Path.Combine(_folder, "audit-policy.yaml"), """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
            - level: Metadata

            """);
    }

    private static string Http(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
