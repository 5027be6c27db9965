using System.Globalization;
using System.Net;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>
/// What a pod answers over HTTP, on a loopback address of its own. Whoever asks may be killed meanwhile: the next one is answered.
/// </summary>
internal abstract class PlayedEndpoint : IDisposable
{
    private static int _addresses;

    private readonly HttpListener _listener = new();

    protected PlayedEndpoint(int port)
    {
        _listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://{Address}:{port}/"));
        _listener.Start();
        _ = AnswerAsync();
    }

    public string Address { get; } =
        string.Create(CultureInfo.InvariantCulture,
        $"127.{(Environment.ProcessId % 200) + 1}.{Interlocked.Increment(ref _addresses) % 250}.8");

    public void Dispose() => _listener.Close();

    protected abstract byte[] Answer();

    private async Task AnswerAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                await context.Response.OutputStream.WriteAsync(Answer());
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
            }
        }
    }
}
