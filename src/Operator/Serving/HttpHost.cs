using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MhcOperator.Operator.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Serving;

/// <summary>A small web server inside the operator; disposing of it ends it.</summary>
internal sealed class HttpHost : IAsyncDisposable
{
    private const double SlowestBytesPerSecond = 64 * 1024;
    private static readonly TimeSpan HeaderLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(10);

    private readonly WebApplication _server;

    private HttpHost(WebApplication server)
    {
        _server = server;
    }

    /// <summary>Where it listens, with the port that it got.</summary>
    public Uri Address => new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts it.</summary>
    /// <param name="address">IP address; :: is that of IPv4 as well.</param>
    /// <param name="port">Port; 0: a free one.</param>
    /// <param name="portOption">Option that gave the port, for the message.</param>
    /// <param name="listen">Further settings of the endpoint.</param>
    /// <param name="map">Adds what is served.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="OperatorStartException">The address can't be listened on.</exception>
    public static async Task<HttpHost> StartAsync(string address, int port, string portOption, Action<ListenOptions> listen,
        Action<WebApplication> map, CancellationToken cancel)
    {
        if (!IPAddress.TryParse(address, out var parsed))
        {
            throw new OperatorStartException($"--bind-address {address}: expected an IP address, such as :: or 0.0.0.0");
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            // Anybody in the cluster can connect: what one takes is bounded, and who is slow is cut off.
            options.Limits.MaxConcurrentConnections = ConnectionLimit.InAll;
            options.Limits.RequestHeadersTimeout = HeaderLimit;
            options.Limits.KeepAliveTimeout = IdleLimit;
            options.Limits.MaxRequestBodySize = 0; // an endpoint that takes bodies says so
            options.Limits.MinRequestBodyDataRate = new MinDataRate(SlowestBytesPerSecond, gracePeriod: HeaderLimit);
            options.Limits.Http2.MaxStreamsPerConnection = 16;
            options.Limits.Http2.InitialConnectionWindowSize = 256 * 1024;
            options.Limits.Http2.InitialStreamWindowSize = 128 * 1024;
            var limit = new ConnectionLimit();
            options.Listen(parsed, port, endpoint =>
            {
                endpoint.Use(limit.Guard);
                listen(endpoint);
            });
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var made = builder.Build();
        map(made);
        try
        {
            await made.StartAsync(cancel);
            return new HttpHost(made);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await made.DisposeAsync();
            throw new OperatorStartException(string.Create(CultureInfo.InvariantCulture, $"{portOption} {port}: {e.Message}"), e);
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

/// <summary>Signals belong to the operator, which releases its lease first; the web server must not end by itself.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
