using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Supervision;

/// <summary>
/// Answers <c>GET /worker</c> (a <see cref="WorkerReport"/>) and <c>GET /readyz</c> (200 while a process runs, else 503). It
/// speaks the little HTTP that this takes itself: a web server would cost each rank as much memory as the rest of its supervisor.
/// </summary>
internal sealed class WorkerServer : IDisposable
{
    private const int LongestRequest = 4096;
    private const int Places = 64;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(20);

    private readonly TcpListener _listener;
    private readonly WorkerBoard _board;
    private readonly CancellationTokenSource _stop = new();
    private readonly WaitingRoom _connections = new(Places);

    private WorkerServer(IPAddress address, int port, WorkerBoard board)
    {
        _board = board;
        _listener = Listening.Make(address, port);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Begins to answer.</summary>
    /// <param name="address">Address to bind to.</param>
    /// <param name="port">0: any free one.</param>
    /// <param name="board">What is told.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static WorkerServer Start(IPAddress address, int port, WorkerBoard board) => new(address, port, board);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var cancel = _stop.Token;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(cancel);
                _connections.Enter(client);
                _ = ServeAsync(client, cancel);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The peer has gone before it was served, or there is no descriptor left: then at once again would be for nothing.
                await Task.Delay(AcceptPause, CancellationToken.None);
            }
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken cancel)
    {
        using var connection = client;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(RequestTimeout);
        try
        {
            var stream = client.GetStream();
            if (await ReadPathAsync(stream, patience.Token) is { } path)
            {
                await stream.WriteAsync(Answer(path), patience.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return; // whoever asked does not want to know any more
        }
        finally
        {
            _connections.Leave(client);
        }
    }

    /// <summary>The path of a GET request, once all of its head is there; null: it is something else.</summary>
    private static async Task<string?> ReadPathAsync(NetworkStream stream, CancellationToken cancel)
    {
        var buffer = new byte[LongestRequest];
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = length < buffer.Length ? await stream.ReadAsync(buffer.AsMemory(length), cancel) : 0;
            if (read == 0)
            {
                return null;
            }

            length += read;
        }

        var words = Encoding.ASCII.GetString(buffer, 0, buffer.AsSpan(0, length).IndexOf("\r\n"u8)).Split(' ');
        return words is ["GET", var path, ..] ? path : null;
    }

    private byte[] Answer(string path)
    {
        var (status, type, body) = path switch
        {
            TrainerPaths.Worker =>
                ("200 OK", "application/json", JsonSerializer.Serialize(_board.Ask(), ApiJsonContext.Default.WorkerReport)),
            TrainerPaths.Ready when _board.Current.ExitCode is null => ("200 OK", "text/plain", "ok\n"),
            TrainerPaths.Ready => ("503 Service Unavailable", "text/plain", "no process runs\n"),
            _ => ("404 Not Found", "text/plain", "there are /worker and /readyz\n"),
        };
        return Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");
    }
}
