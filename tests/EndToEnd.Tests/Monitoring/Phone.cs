using System.Net;
using System.Text.Json.Nodes;
using MhcOperator.Testing.Programs;

namespace EndToEnd.Tests.Monitoring;

/// <summary>Whoever is on call: the webhook at the end of Alertmanager's routes.</summary>
internal sealed class Phone : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _address = $"http://127.0.0.1:{FreePort.Take()}/";

    public Phone()
    {
        _listener.Prefixes.Add(_address);
        _listener.Start();
    }

    /// <summary>The address of a receiver.</summary>
    public string AddressOf(string receiver) => _address + receiver;

    /// <summary>The next message about an alert.</summary>
    /// <param name="name">Of the alert.</param>
    /// <param name="ns">The job's namespace.</param>
    /// <param name="state"><c>firing</c> or <c>resolved</c>.</param>
    /// <returns>The receiver that got it, and the alert.</returns>
    public async Task<(string Receiver, JsonNode Alert)> HearsAsync(string name, string ns, string state)
    {
        while (true)
        {
            var call = await _listener.GetContextAsync().WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
            var message = await JsonNode.ParseAsync(call.Request.InputStream, cancellationToken: TestContext.Current.CancellationToken);
            call.Response.Close();
            var alert = message!["alerts"]!.AsArray().FirstOrDefault(alert =>
                (string?)alert!["labels"]!["alertname"] == name && (string?)alert["labels"]!["namespace"] == ns
                    && (string?)alert["status"] == state);
            if (alert is not null)
            {
                return (call.Request.Url!.AbsolutePath.Trim('/'), alert);
            }
        }
    }

    public void Dispose() => _listener.Close();
}
