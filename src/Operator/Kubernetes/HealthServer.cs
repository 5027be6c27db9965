using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MhcOperator.Operator.Metrics;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Serves /healthz, /readyz and /metrics.</summary>
internal static class HealthServer
{
    /// <summary>Prometheus gives up after ten by default.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>An answer is held in memory until it is read, megabytes where there are thousands of jobs: two at a time are enough for two of Prometheus.</summary>
    private static readonly SemaphoreSlim Scrapes = new(2);

    /// <summary>Starts it; disposing of the result ends it.</summary>
    /// <exception cref="OperatorStartException">The address can't be listened on.</exception>
    public static async Task<IAsyncDisposable> StartAsync(OperatorSettings settings, OperatorHealth health, CollectorRegistry registry, JobMetrics jobs, ILogger log, CancellationToken cancel)
    {
        var host = await HttpHost.StartAsync(
            settings.BindAddress,
            settings.MetricsPort,
            "--metrics-port",
            _ => { },
            server =>
            {
                server.Map("/healthz", branch => branch.Run(context => context.Response.WriteAsync("ok\n", context.RequestAborted)));
                server.Map("/readyz", branch => branch.Run(context => AnswerReadyAsync(context, health)));
                server.Map("/metrics", branch => branch.Run(context => AnswerMetricsAsync(context, registry, jobs)));
            },
            cancel);
        log.LogInformation("metrics and health at {Address}", host.Address.GetLeftPart(UriPartial.Authority));
        return host;
    }

    private static async Task AnswerReadyAsync(HttpContext context, OperatorHealth health)
    {
        var reason = await health.FindWaitAsync(context.RequestAborted);
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await context.Response.WriteAsync(reason is null ? "ok\n" : $"waiting for {reason}\n", context.RequestAborted);
    }

    private static async Task AnswerMetricsAsync(HttpContext context, CollectorRegistry registry, JobMetrics jobs)
    {
        if (!await Scrapes.WaitAsync(LongestWait, context.RequestAborted))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        try
        {
            context.Response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
            await registry.CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
            jobs.Write(context.Response.BodyWriter);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            Scrapes.Release();
        }
    }
}
