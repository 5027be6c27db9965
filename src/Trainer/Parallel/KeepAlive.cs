using System.Net.Sockets;

namespace MhcOperator.Trainer.Parallel;

/// <summary>Makes a connection whose other host has vanished without a word end by itself.</summary>
internal static class KeepAlive
{
    private const int Probes = 4;
    private const int LongestSeconds = 32767; // that the kernel takes

    /// <summary>
    /// A silent host is given up after <paramref name="patience"/> or a quarter more, and not before: a link that comes back in time has
    /// cost nobody the gang. A stopped process on a living host is not given up, since its kernel answers.
    /// </summary>
    public static void Enable(Socket socket, TimeSpan patience)
    {
        var (idle, interval, probes) = Plan(patience);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idle);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, interval);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, probes);
    }

    /// <summary>Seconds of silence until the first question, and between questions, and how many remain without an answer.</summary>
    public static (int IdleSeconds, int IntervalSeconds, int Probes) Plan(TimeSpan patience)
    {
        var seconds = (int)Math.Ceiling(patience.TotalSeconds);
        var interval = Math.Clamp((seconds + Probes - 1) / Probes, 1, LongestSeconds);
        // The last answer may have come long before the host fell silent: only the questions count.
        return (interval, interval, Math.Max(1, (seconds + interval - 1) / interval));
    }
}
