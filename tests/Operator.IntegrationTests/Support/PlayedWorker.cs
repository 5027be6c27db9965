using System.Globalization;
using System.Net;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>A container that can restart in place, on a loopback address of its own, as its pod has one; the test says how its process is.</summary>
internal sealed class PlayedWorker : IDisposable
{
    private static int addresses;

    private readonly HttpListener listener = new();
    private volatile WorkerReport report = new() { Attempt = 1 };

    public PlayedWorker()
    {
        listener.Prefixes.Add($"http://{Address}:8471/");
        listener.Start();
        _ = AnswerAsync();
    }

    public string Address { get; } = string.Create(CultureInfo.InvariantCulture, $"127.{(Environment.ProcessId % 200) + 1}.{Interlocked.Increment(ref addresses) % 250}.8");

    /// <summary>Its process has ended.</summary>
    public void End(int exitCode, string message = "") => report = report with { ExitCode = exitCode, Message = message, EndedAt = DateTime.UtcNow };

    /// <summary>Its process has begun.</summary>
    public void Begin(int attempt) => report = new WorkerReport { Attempt = attempt };

    public void Dispose() => listener.Close();

    private async Task AnswerAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                var context = await listener.GetContextAsync();
                await context.Response.OutputStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(report, ApiJsonContext.Default.WorkerReport));
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
