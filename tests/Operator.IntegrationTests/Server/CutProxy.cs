using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MhcOperator.Operator.IntegrationTests.Server;

/// <summary>Passes connections on to the API server until they are cut; while it is closed new ones are refused.</summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private readonly int target;
    private readonly TcpListener listener;
    private readonly ConcurrentDictionary<TcpClient, byte> open = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;
    private volatile bool closed;

    public CutProxy(int target, IPAddress? address = null)
    {
        this.target = target;
        listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Cuts every connection, in the middle of whatever it carries.</summary>
    public void Cut()
    {
        foreach (var connection in open.Keys)
        {
            connection.Client?.Close(0); // with a reset; null where it has ended by itself
        }
    }

    /// <summary>Cuts every connection and takes no new one until opened.</summary>
    public void Close()
    {
        closed = true;
        Cut();
    }

    public void Open() => closed = false;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        Cut();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptTcpClientAsync(stop.Token);
                if (closed)
                {
                    client.Client.Close(0);
                    continue;
                }

                _ = PassAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var server = new TcpClient();
        open[client] = 0;
        open[server] = 0;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, target, stop.Token);
            await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            client.Client?.Close(0);
        }
        finally
        {
            open.TryRemove(client, out _);
            open.TryRemove(server, out _);
            client.Dispose();
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream(), stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            to.Client?.Close(0);
        }
    }
}
