using System.Net;
using System.Net.Sockets;

namespace MhcOperator.Programs.Tests;

/// <summary>A port of loopback on which nobody listens now.</summary>
internal static class FreePort
{
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
