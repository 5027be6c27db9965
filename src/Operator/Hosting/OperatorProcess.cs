using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Serving;
using MhcOperator.Operator.Webhooks;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MhcOperator.Operator.Hosting;

/// <summary>The operator from start to end: health endpoint, webhooks, lease, and for each term of leadership caches and workers.</summary>
/// <param name="settings">Command line.</param>
/// <param name="time">Clock.</param>
/// <param name="logs">Makes logs.</param>
internal sealed class OperatorProcess(OperatorSettings settings, TimeProvider time, ILoggerFactory logs)
{
    private readonly ILogger log = logs.CreateLogger("mhc-operator");
    private readonly OperatorHealth health = new();
    private readonly CollectorRegistry registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly JobMetrics jobs = new();
    private readonly string identity = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}";

    /// <summary>Runs until cancelled; the lease is released when it returns.</summary>
    /// <exception cref="OperatorStartException">The settings can't be used.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        var metrics = new RuntimeMetrics(registry);
        _ = new ProcessMetrics(registry);
        var access = ClusterAccess.Find(settings.Kubeconfig, identity);
        log.LogInformation("{Identity} serves {Scope} at {Server} ({Source})", identity, settings.Namespaces is { Count: > 0 } some ? string.Join(", ", some) : "all namespaces", access.Server, access.Source);
        await using var certificates = settings.WebhookPort is not null || settings.SecureMetricsPort is not null
            ? CertificateHost.Start(settings.Certificate, access, metrics, registry, time, log)
            : null;
        await using var webhooks = settings.WebhookPort is { } port
            ? await WebhookHost.StartAsync(settings.BindAddress, port, settings.TemplateRules, certificates!.Source, registry, time, log, cancel)
            : null;
        if (webhooks is not null)
        {
            health.CheckWebhooks = webhooks.CheckAsync;
        }

        using var scraped = new MetricsEndpoint(registry, jobs);
        await using var secure = settings.SecureMetricsPort is { } securePort
            ? await SecureMetricsHost.StartAsync(settings.BindAddress, securePort, certificates!.Source, settings.MetricsAuthorization, access, metrics, scraped, time, log, cancel)
            : null;
        await using var server = await HealthServer.StartAsync(settings, health, secure is null ? scraped : null, log, cancel);
        _ = new MemoryTrimmer(time).RunAsync(cancel);
        if (settings.LeaderElection)
        {
            await RunElectedAsync(access, metrics, cancel);
        }
        else
        {
            await LeadAsync(access, metrics, null, cancel);
        }
    }

    private async Task RunElectedAsync(ClusterAccess access, RuntimeMetrics metrics, CancellationToken cancel)
    {
        var (connection, client) = access.Open(time, metrics, null);
        using var owned = client;
        var ns = ClusterAccess.HomeNamespace(settings.LeaseNamespace);
        var options = new LeaseOptions(ns, settings.LeaseName, identity, TimeSpan.FromSeconds(settings.LeaseDurationSeconds)) { Owner = access.OwnerIn(ns)?.Reference };
        var lease = new LeaseClient(new ResourceClient<k8s.Models.V1Lease>(connection, ResourceTypes.Leases), options, time, log);

        // A standby that could not act must not look ready, and must not hold the lease.
        await CheckAsync(connection, access, cancel);
        var elector = new LeaderElector(lease, options, time, metrics, log) { Tried = isInTouch => health.WaitingFor = isInTouch ? null : $"an answer from {access.Server}" };
        await elector.RunAsync((fence, term) => LeadAsync(access, metrics, fence, term), cancel);
    }

    private async Task LeadAsync(ClusterAccess access, RuntimeMetrics metrics, WriteFence? fence, CancellationToken cancel)
    {
        var rate = settings.RequestsPerSecond > 0 ? new RequestRate(settings.RequestsPerSecond, settings.RequestBurst, time) : null;
        var (connection, client) = access.Open(time, metrics, fence, rate);
        using var owned = client;
        try
        {
            if (fence is null)
            {
                await CheckAsync(connection, access, cancel); // with a lease that was done before
            }

            health.WaitingFor = "the first list of jobs and pods";
            await new OperatorTerm(connection, settings, identity, metrics, new OperatorMetrics(registry), jobs, time, log).RunAsync(Begin, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            log.LogInformation("stopped work");
        }
    }

    private void Begin(int jobs)
    {
        health.WaitingFor = null;
        log.LogInformation("watching {Count} jobs", jobs);
    }

    private Task CheckAsync(ApiConnection connection, ClusterAccess access, CancellationToken cancel) =>
        new ClusterCheck(new ResourceClient<JobManifest>(connection, ResourceTypes.Jobs), access.Server, settings.Namespaces, health, time, log).WaitAsync(cancel);
}
