using System.Diagnostics;
using System.Net;
using System.Text;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>Rank 0's status endpoint on a loopback address of its own, as a pod has one; the test says at which step it is.</summary>
internal sealed class PlayedTrainer : IDisposable
{
    private readonly HttpListener listener = new();

    public PlayedTrainer()
    {
        listener.Prefixes.Add($"http://{Address}:8470/");
        listener.Start();
        _ = AnswerAsync();
    }

    public string Address { get; } = $"127.{(Environment.ProcessId % 200) + 1}.{(Stopwatch.GetTimestamp() % 250) + 1}.9";

    public volatile int Attempt = 1;

    public volatile int Step;

    public volatile bool OwnsFolder;

    /// <summary>What it answers, whatever that is; null: what it should.</summary>
    public volatile string? Answer;

    public void Dispose() => listener.Close();

    private async Task AnswerAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                var context = await listener.GetContextAsync();
                var answer = Answer ?? $$"""{"attempt":{{Attempt}},"ownsFolder":{{(OwnsFolder ? "true" : "false")}},"step":{{Step}},"totalSteps":100000}""";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer));
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
