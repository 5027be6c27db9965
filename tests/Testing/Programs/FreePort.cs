using System.Net;
using System.Net.Sockets;

namespace MhcOperator.Testing.Programs;

/// <summary>Ports of loopback on which nobody listens now.</summary>
public static class FreePort
{
    public static int Take() => Take(1)[0];

    /// <summary>All at once, so that they differ.</summary>
    public static int[] Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
