using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Hosting;

/// <summary>Serves /healthz and /readyz, and /metrics where they are not served over TLS.</summary>
internal static class HealthServer
{
    /// <summary>Starts it; disposing of the result ends it.</summary>
    /// <param name="settings">Command line.</param>
    /// <param name="health">What is waited for.</param>
    /// <param name="metrics">What is served at /metrics; null: nothing is.</param>
    /// <param name="log">Log.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="OperatorStartException">The address can't be listened on.</exception>
    public static async Task<IAsyncDisposable> StartAsync(
        OperatorSettings settings, OperatorHealth health, MetricsEndpoint? metrics, ILogger log, CancellationToken cancel)
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
                if (metrics is not null)
                {
                    server.Map("/metrics", branch => branch.Run(metrics.AnswerAsync));
                }
            },
            cancel);
        log.LogInformation("{What} at {Address}", metrics is null ? "health" : "metrics and health",
            host.Address.GetLeftPart(UriPartial.Authority));
        return host;
    }

    private static async Task AnswerReadyAsync(HttpContext context, OperatorHealth health)
    {
        var reason = await health.FindWaitAsync(context.RequestAborted);
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await context.Response.WriteAsync(reason is null ? "ok\n" : $"waiting for {reason}\n", context.RequestAborted);
    }
}
