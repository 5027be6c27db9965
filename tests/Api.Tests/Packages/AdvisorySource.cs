using System.Net;
using System.Text;
using MhcOperator.Testing.Programs;

namespace Api.Tests.Packages;

/// <summary>
/// A source of NuGet's on loopback that has no packages, and says of vulnerabilities what it is given
/// (https://learn.microsoft.com/nuget/api/vulnerability-info).
/// </summary>
internal sealed class AdvisorySource : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    /// <param name="advisories">Names of packages in small letters → their advisories, as JSON; none where the source knows nothing of
    /// vulnerabilities.</param>
    public AdvisorySource(string? advisories)
    {
        var address = $"http://127.0.0.1:{FreePort.Take()}/";
        Address = $"{address}index.json";
        _listener.Prefixes.Add(address);
        _listener.Start();
        var resource = $$"""{"@id":"{{address}}vulnerabilities.json","@type":"VulnerabilityInfo/6.7.0"}""";
        _serving = ServeAsync(new(StringComparer.Ordinal)
        {
            ["/index.json"] = $$"""{"version":"3.0.0","resources":[{{(advisories is null ? "" : resource)}}]}""",
            ["/vulnerabilities.json"] = $$"""[{"@name":"all","@id":"{{address}}all.json","@updated":"2026-01-01T00:00:00Z"}]""",
            ["/all.json"] = advisories ?? "",
        });
    }

    public string Address { get; }

    /// <summary>A configuration of NuGet's in which this is the only source, and only for vulnerabilities.</summary>
    public string Configuration => $"""
        <configuration>
          <packageSources><clear /></packageSources>
          <auditSources><clear /><add key="advisories" value="{Address}" allowInsecureConnections="true" /></auditSources>
        </configuration>
        """;

    public void Dispose()
    {
        _listener.Close();
        _serving.GetAwaiter().GetResult();
    }

    private async Task ServeAsync(Dictionary<string, string> files)
    {
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                if (!files.TryGetValue(context.Request.Url!.AbsolutePath, out var content))
                {
                    context.Response.StatusCode = 404;
                }

                context.Response.ContentType = "application/json";
                context.Response.Close(Encoding.UTF8.GetBytes(content ?? ""), willBlock: false);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                if (!_listener.IsListening)
                {
                    return;
                }
            }
        }
    }
}
