using System.Net;
using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>
/// Answers <c>GET /status</c>, <c>/metrics</c> and <c>/healthz</c> from the board. It runs on the thread pool and never holds training up.
/// </summary>
internal sealed class StatusServer : IDisposable
{
    private const int Connections = 128;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMilliseconds(200);

    private readonly WebApplication _application;

    private StatusServer(WebApplication application) => _application = application;

    /// <summary>Where it listens.</summary>
    public int Port => new Uri(
        _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Begins to answer.</summary>
    /// <param name="address">Address to bind to.</param>
    /// <param name="port">0: any free one.</param>
    /// <param name="board">What is told.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static StatusServer Start(IPAddress address, int port, StatusBoard board)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Nobody but the operator and a scraper asks, and briefly.
            kestrel.Limits.MaxConcurrentConnections = Connections;
            kestrel.Limits.KeepAliveTimeout = Patience;
            kestrel.Limits.RequestHeadersTimeout = Patience;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(address, port);
        });
        var application = builder.Build();
        application.Run(context => AnswerAsync(context, board));
        application.StartAsync().GetAwaiter().GetResult();
        return new StatusServer(application);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _application.StopAsync(StopTimeout).GetAwaiter().GetResult();
            ((IDisposable)_application).Dispose();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or AggregateException or InvalidOperationException)
        {
            // Training is over, and how it went does not depend on who still asked.
        }
    }

    private static async Task AnswerAsync(HttpContext context, StatusBoard board)
    {
        var (type, body) = context.Request.Path.Value switch
        {
            TrainerPaths.Status =>
                ("application/json", JsonSerializer.Serialize(board.Current.Status, ApiJsonContext.Default.TrainerStatus)),
            TrainerPaths.Metrics => ("text/plain; version=0.0.4; charset=utf-8", MetricsText.Render(board.Current)),
            TrainerPaths.Health => ("text/plain", "ok\n"),
            _ => ("text/plain", "there are /status, /metrics and /healthz\n"),
        };
        var known = context.Request.Path.Value is TrainerPaths.Status or TrainerPaths.Metrics or TrainerPaths.Health;
        context.Response.StatusCode = !known ? StatusCodes.Status404NotFound
            : HttpMethods.IsGet(context.Request.Method) ? StatusCodes.Status200OK
            : StatusCodes.Status405MethodNotAllowed;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(body);
    }
}
