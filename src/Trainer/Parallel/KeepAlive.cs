using System.Net.Sockets;

namespace MhcOperator.Trainer.Parallel;

/// <summary>Makes a connection whose other host has vanished without a word end by itself.</summary>
internal static class KeepAlive
{
    private const int IdleSeconds = 10;
    private const int IntervalSeconds = 5;
    private const int Tries = 4;

    /// <summary>A silent host is given up after half a minute; a stopped process on a living host is not, since its kernel answers.</summary>
    public static void Enable(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, IdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, IntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Tries);
    }
}
