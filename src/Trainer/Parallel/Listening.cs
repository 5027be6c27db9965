using System.Net;
using System.Net.Sockets;

namespace MhcOperator.Trainer.Parallel;

/// <summary>Where the servers of a gang listen: a cluster may speak either version of IP, or both.</summary>
internal static class Listening
{
    /// <summary>
    /// Servers of a gang on one machine listen to that machine only, at the very address that its ranks are told; all others on every
    /// address of every family that the machine has.
    /// </summary>
    /// <param name="host">MASTER_ADDR.</param>
    public static IPAddress AddressFor(string host)
    {
        if (IPAddress.TryParse(host.AsSpan().Trim(['[', ']']), out var literal))
        {
            literal = literal.IsIPv4MappedToIPv6 ? literal.MapToIPv4() : literal;
            return IPAddress.IsLoopback(literal) ? literal : Everywhere;
        }

        return host.Contains("localhost", StringComparison.OrdinalIgnoreCase) ? LoopbackOf(host) : Everywhere;
    }

    /// <summary>A listener that has not begun.</summary>
    public static TcpListener Make(IPAddress address, int port)
    {
        var listener = new TcpListener(address, port);
        if (address.Equals(IPAddress.IPv6Any))
        {
            listener.Server.DualMode = true;
        }

        return listener;
    }

    private static IPAddress Everywhere => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    /// <summary>Names of the machine itself stand in its hosts file: localhost is of either family, or of both.</summary>
    private static IPAddress LoopbackOf(string host)
    {
        try
        {
            var addresses = Dns.GetHostAddresses(host);
            return addresses.Length > 0 && addresses.All(IPAddress.IsLoopback)
                ? addresses.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0]
                : Everywhere;
        }
        catch (SocketException)
        {
            return Everywhere;
        }
    }
}
