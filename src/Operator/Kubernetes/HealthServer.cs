using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Serves /healthz, /readyz and /metrics.</summary>
internal static class HealthServer
{
    /// <summary>Starts it; disposing of the result ends it.</summary>
    /// <exception cref="OperatorStartException">The address can't be listened on.</exception>
    public static async Task<IAsyncDisposable> StartAsync(OperatorSettings settings, OperatorHealth health, CollectorRegistry registry, ILogger log, CancellationToken cancel)
    {
        if (!IPAddress.TryParse(settings.BindAddress, out var address))
        {
            throw new OperatorStartException($"--bind-address {settings.BindAddress}: expected an IP address, such as 0.0.0.0");
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(address, settings.MetricsPort));
        builder.Services.AddSingleton<Microsoft.Extensions.Hosting.IHostLifetime, NoLifetime>();
        var server = builder.Build();
        server.Map("/healthz", branch => branch.Run(context => context.Response.WriteAsync("ok\n", context.RequestAborted)));
        server.Map("/readyz", branch => branch.Run(context => AnswerReadyAsync(context, health)));
        server.Map("/metrics", branch => branch.Run(context => AnswerMetricsAsync(context, registry)));
        try
        {
            await server.StartAsync(cancel);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw new OperatorStartException(string.Create(CultureInfo.InvariantCulture, $"--metrics-port {settings.MetricsPort}: {e.Message}"), e);
        }

        var listens = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        log.LogInformation("metrics and health at {Address}", listens);
        return server;
    }

    private static Task AnswerReadyAsync(HttpContext context, OperatorHealth health)
    {
        var reason = health.WaitingFor;
        context.Response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(reason is null ? "ok\n" : $"waiting for {reason}\n", context.RequestAborted);
    }

    private static Task AnswerMetricsAsync(HttpContext context, CollectorRegistry registry)
    {
        context.Response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
        return registry.CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
    }
}
