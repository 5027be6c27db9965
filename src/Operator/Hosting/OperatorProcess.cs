using System.Runtime.CompilerServices;
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
    private readonly ILogger _log = logs.CreateLogger("mhc-operator");
    private readonly OperatorHealth _health = new();
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly JobMetrics _jobs = new();
    private readonly string _identity = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}";

    /// <summary>Runs until cancelled; the lease is released when it returns.</summary>
    /// <exception cref="OperatorStartException">The settings can't be used.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        var metrics = new RuntimeMetrics(_registry);
        _ = new ProcessMetrics(_registry);
        var access = ClusterAccess.Find(settings.Kubeconfig, _identity);
        _log.LogInformation("{Identity} serves {Scope} at {Server} ({Source})", _identity,
            settings.Namespaces is { Count: > 0 } some ? string.Join(", ", some) : "all namespaces", access.Server, access.Source);
        await using var certificates = settings.WebhookPort is not null || settings.SecureMetricsPort is not null
            ? CertificateHost.Start(settings.Certificate, access, metrics, _registry, time, _log)
            : null;
        await using var webhooks = settings.WebhookPort is { } port
            ? await WebhookHost.StartAsync(settings.BindAddress, port, settings.TemplateRules, certificates!.Source, _registry, time,
                _log, cancel)
            : null;
        if (webhooks is not null)
        {
            _health.CheckWebhooks = webhooks.CheckAsync;
        }

        using var scraped = new MetricsEndpoint(_registry, _jobs);
        await using var secure = settings.SecureMetricsPort is { } securePort
            ? await SecureMetricsHost.StartAsync(settings.BindAddress, securePort, certificates!.Source, settings.MetricsAuthorization,
                access, metrics, scraped, time, _log, cancel)
            : null;
        await using var server = await HealthServer.StartAsync(settings, _health, secure is null ? scraped : null, _log, cancel);
        _ = new MemoryTrimmer(time).RunAsync(cancel);
        var rehearsing = settings.Rehearses && RuntimeFeature.IsDynamicCodeCompiled
            ? Task.Run(() => Rehearsal.RunAsync(settings, time, _log, cancel), CancellationToken.None) : Task.CompletedTask;
        if (settings.LeaderElection)
        {
            await RunElectedAsync(access, metrics, rehearsing, cancel);
        }
        else
        {
            await LeadAsync(access, metrics, null, rehearsing, cancel);
        }
    }

    private async Task RunElectedAsync(ClusterAccess access, RuntimeMetrics metrics, Task rehearsing, CancellationToken cancel)
    {
        var (connection, client) = access.Open(time, metrics, null);
        using var owned = client;
        var ns = ClusterAccess.HomeNamespace(settings.LeaseNamespace);
        var options = new LeaseOptions(ns, settings.LeaseName, _identity,
            TimeSpan.FromSeconds(settings.LeaseDurationSeconds))
        { Owner = access.OwnerIn(ns)?.Reference };
        var lease = new LeaseClient(new ResourceClient<k8s.Models.V1Lease>(connection, ResourceTypes.Leases), options, time, _log);

        // A standby that could not act must not look ready, and must not hold the lease.
        await CheckAsync(connection, access, cancel);
        await rehearsing.WaitAsync(cancel);
        var elector = new LeaderElector(lease, options, time, metrics,
            _log)
        { Tried = isInTouch => _health.WaitingFor = isInTouch ? null : $"an answer from {access.Server}" };
        await elector.RunAsync((fence, term) => LeadAsync(access, metrics, fence, Task.CompletedTask, term), cancel);
    }

    private async Task LeadAsync(ClusterAccess access, RuntimeMetrics metrics, WriteFence? fence, Task rehearsing, CancellationToken cancel)
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

            await rehearsing.WaitAsync(cancel);
            _health.WaitingFor = "the first list of jobs and pods";
            await new OperatorTerm(connection, settings, _identity, metrics, new OperatorMetrics(_registry), _jobs, time, _log)
                .RunAsync(Begin, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            _log.LogInformation("stopped work");
        }
    }

    private void Begin(int jobs)
    {
        _health.WaitingFor = null;
        _log.LogInformation("watching {Count} jobs", jobs);
    }

    private Task CheckAsync(ApiConnection connection, ClusterAccess access, CancellationToken cancel) =>
        new ClusterCheck(new ResourceClient<JobManifest>(connection, ResourceTypes.Jobs), access.Server, settings.Namespaces, _health, time,
            _log).WaitAsync(cancel);
}
