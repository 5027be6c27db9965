using System.Net;
using System.Net.Sockets;

namespace MhcOperator.Testing.Programs;

/// <summary>A port of loopback on which nobody listens now.</summary>
public static class FreePort
{
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
